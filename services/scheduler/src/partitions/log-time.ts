/**
 * The time up to which the log is known to be folded. A mark remembers a time and where the log ended then; when the
 * fold has passed that end, everything that stood in the log at that time is known.
 */
import type { EventLog } from '@penstock/ports';

export class LogTime {
  /** ms since the epoch, steady. */
  reachedMs = 0;
  private mark: { readonly nowMs: number; readonly end: number } | undefined;

  constructor(
    private readonly log: Pick<EventLog, 'bounds'>,
    private readonly partition: number,
  ) {}

  get waiting(): boolean {
    return this.mark !== undefined;
  }

  /** Sets a mark at `nowMs` unless one is still waited for. Rejects if the log cannot say where it ends. */
  async setMark(nowMs: number): Promise<void> {
    if (this.mark) return;
    const { end } = await this.log.bounds('mail.events', this.partition);
    this.mark = { nowMs, end };
  }

  /** The fold has reached `position`. */
  folded(position: number): void {
    if (!this.mark || position < this.mark.end) return;
    this.reachedMs = Math.max(this.reachedMs, this.mark.nowMs);
    this.mark = undefined;
  }
}
