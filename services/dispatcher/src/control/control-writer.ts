import { type Control, type ControlType, derivedId } from '@penstock/events';
import type { Clock, EventLog, Telemetry, Timers } from '@penstock/ports';

const FIRST_BACKOFF_MS = 50;
const MAX_BACKOFF_MS = 2000;

type BodyOf<T extends ControlType> = Extract<Control, { type: T }>['body'];

/** Writes control records one after the other, each again and again until it is durable. */
export class ControlWriter {
  private sequence = 0;
  private last: Promise<unknown> = Promise.resolve();
  private abandoned = false;

  constructor(
    private readonly ports: {
      readonly log: EventLog;
      readonly clock: Clock;
      readonly timers: Timers;
      readonly telemetry: Telemetry;
    },
    /** Unique to the process. */
    private readonly writer: string,
  ) {}

  /** Resolves with true once it is durable, with false if it was given up. Never rejects. */
  write<T extends ControlType>(type: T, body: BodyOf<T>): Promise<boolean> {
    const id = derivedId('control', this.writer, this.sequence++);
    // The type and its body belong together, which a union cannot say of a generic pair.
    const record = { id, type, version: 1, at: this.ports.clock.now(), partition: 0, body } as Control;
    const written = this.last.then(() => this.append(record));
    this.last = written;
    return written;
  }

  /** Resolves when all that was written is durable or given up. */
  async flushed(): Promise<void> {
    await this.last;
  }

  abandon(): void {
    this.abandoned = true;
  }

  private async append(record: Control): Promise<boolean> {
    for (let backoffMs = FIRST_BACKOFF_MS; !this.abandoned; backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS)) {
      try {
        await this.ports.log.append([{ topic: 'mail.control', partition: 0, records: [record] }]);
        return true;
      } catch (error) {
        this.ports.telemetry.log('error', 'control_not_recorded', { type: record.type, error: String(error) });
      }
      await this.ports.timers.sleep(backoffMs);
    }
    return false;
  }
}
