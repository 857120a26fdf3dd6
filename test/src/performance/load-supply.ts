/** Hands out the numbers of the messages: as fast as they are asked for, or each when it is due. */

type Take = (n: number) => void;

export interface SupplyOptions {
  readonly messages: number;
  /** Messages a second; as fast as they go if absent. */
  readonly rate?: number | undefined;
}

/** Monotonic and the same for every process of the machine, ms. */
export function machineMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

export class Supply {
  /** When each message was sent; when it was due, where the rate is given: a client that cannot keep up counts too. */
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
  /** What the server called each message. */
  readonly ids: string[] = [];
  private next = 0;
  private answered = 0;
  private readonly idle: Take[] = [];
  private readonly startedAt = machineMs();
  private readonly ticks: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: SupplyOptions,
    private readonly finished: () => void,
  ) {
    this.sentAt = new Float64Array(options.messages);
    this.answeredAt = new Float64Array(options.messages);
    if (options.rate !== undefined) this.ticks = setInterval(() => this.tick(), 1);
  }

  /** The next message if it is due now. */
  takeNow(): number | undefined {
    const n = this.next;
    if (n >= this.options.messages) return undefined;
    const { rate } = this.options;
    if (rate === undefined) {
      this.next++;
      return n;
    }
    const dueAt = this.startedAt + (n * 1e3) / rate;
    if (dueAt > machineMs()) return undefined;
    this.sentAt[n] = dueAt;
    this.next++;
    return n;
  }

  /** The next message as soon as it is due; never called where none is left. */
  take(take: Take): void {
    const n = this.takeNow();
    if (n !== undefined) take(n);
    else if (this.next < this.options.messages) this.idle.push(take);
  }

  sending(n: number): void {
    if (this.options.rate === undefined) this.sentAt[n] = machineMs();
  }

  accepted(n: number, id: string): void {
    this.answeredAt[n] = machineMs();
    this.ids[n] = id;
    this.answered++;
    if (this.answered < this.options.messages) return;
    clearInterval(this.ticks);
    this.finished();
  }

  private tick(): void {
    while (this.idle.length > 0) {
      const n = this.takeNow();
      if (n === undefined) return;
      this.idle.shift()?.(n);
    }
  }
}
