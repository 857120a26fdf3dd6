import { busiestWindow } from './busiest-window.ts';

/** What a sandbox provider saw and truly accepted, as the receiver counts it. */

export interface AcceptedMail {
  /** Value of the Message-ID header, empty if there was none. */
  readonly messageId: string;
  readonly recipient: string;
  readonly sender: string;
  /** Bytes of the message. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether the client heard that it was accepted. */
  readonly answered: boolean;
}

export interface ProviderCounters {
  readonly connectionsOpen: number;
  readonly connectionsPeak: number;
  readonly connections: number;
  readonly transactions: number;
  readonly accepted: number;
  /** Refusals by SMTP code. */
  readonly refused: Readonly<Record<string, number>>;
  /** Connections cut after the final dot. */
  readonly dropped: number;
}

/** Each list keeps the latest of these many; counters count everything. */
const KEPT = 200_000;

export class Observations {
  private readonly acceptedMail: AcceptedMail[] = [];
  private readonly mailFromTimes: number[] = [];
  private readonly refused: Record<string, number> = {};
  private open = 0;
  private peak = 0;
  private opened = 0;
  private transactions = 0;
  private accepted = 0;
  private dropped = 0;

  connected(): void {
    this.opened++;
    this.open++;
    this.peak = Math.max(this.peak, this.open);
  }

  disconnected(): void {
    this.open--;
  }

  /** `at`: monotonic ms. */
  mailFrom(at: number): void {
    this.transactions++;
    keep(this.mailFromTimes, at);
  }

  refusedWith(code: number): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1;
  }

  took(mail: AcceptedMail): void {
    this.accepted++;
    if (!mail.answered) this.dropped++;
    keep(this.acceptedMail, mail);
  }

  get counters(): ProviderCounters {
    return {
      connectionsOpen: this.open,
      connectionsPeak: this.peak,
      connections: this.opened,
      transactions: this.transactions,
      accepted: this.accepted,
      refused: { ...this.refused },
      dropped: this.dropped,
    };
  }

  /** In order of acceptance; a message for several recipients has an entry for each. */
  get mail(): readonly AcceptedMail[] {
    return this.acceptedMail;
  }

  /** Monotonic ms of each `MAIL FROM`, ascending. */
  get mailFromAt(): readonly number[] {
    return this.mailFromTimes;
  }

  /** Most `MAIL FROM` in any window of `windowMs`. */
  busiestWindow(windowMs: number): number {
    return busiestWindow(this.mailFromTimes, windowMs);
  }
}

/** Cut by half at once, so that keeping is cheap. */
function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length >= 2 * KEPT) list.splice(0, list.length - KEPT);
}
