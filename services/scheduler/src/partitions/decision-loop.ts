/**
 * When to decide, and what happens to what was decided. One decision at a time: the next is made when everything the
 * last one appended is folded. An append that failed may stand in the log all the same, so after it the fold must
 * first reach the end of the log as it is found then; whatever is not in the fold is decided anew, with new batch ids
 * and the same fact ids.
 */
import type { Fact } from '@penstock/events';
import type { EventLog, QuotaStore, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import { type ControlState, decide, type Grants, type PartitionState } from '@penstock/scheduling';
import { BudgetDesk } from '../quotas/budget-desk.ts';
import type { LogTime } from './log-time.ts';

export interface DecisionDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly nowMs: () => number;
  readonly control: () => ControlState;
  readonly notReady: () => string | undefined;
  readonly sites: Grants['sites'];
  readonly quotas: QuotaStore;
  readonly suppressions: Grants['suppressions'];
}

const RETRY_MS = 200;

/** After an append that failed; doubles, so that a log that is gone is asked now and then and not without end. */
const FIRST_APPEND_RETRY_MS = 50;
const LONGEST_APPEND_RETRY_MS = 5000;

/** Timers are set again at least this often: what they count may drift from steady time. */
const LONGEST_TIMER_MS = 60_000;

export class DecisionLoop {
  private running: Promise<void> | undefined;
  private again = false;
  private closing = false;
  private timer: TimerHandle | undefined;
  /** When it rings, ms since the epoch, steady. */
  private timerAt = 0;
  /** The fold must reach this offset before the next decision. */
  private awaited = 0;
  /** Appends that failed since the last that did not. */
  private failures = 0;
  /** A time that was waited for has come: log time must catch up with it. */
  private markWanted = true;
  private readonly budgets: BudgetDesk;

  constructor(
    private readonly deps: DecisionDeps,
    private readonly state: PartitionState,
    private readonly logTime: LogTime,
    private readonly owns: () => boolean,
  ) {
    this.budgets = new BudgetDesk(deps, state.partition, () => this.wake());
  }

  get sites(): Grants['sites'] {
    return this.deps.sites;
  }

  /** Something changed: decides as soon as that is allowed. */
  wake(): void {
    if (this.closing) return;
    if (this.running) {
      this.again = true;
      return;
    }
    if (!this.mayDecide()) return;
    this.running = this.run().finally(() => {
      this.running = undefined;
      // Woken between the last turn and now.
      if (this.again) this.wake();
    });
  }

  /** Resolves, when no decision is being made any more, with the offset up to which there may be some to read back. */
  async close(): Promise<number> {
    this.closing = true;
    this.rest();
    await this.running;
    await this.budgets.close();
    return this.awaited;
  }

  private mayDecide(): boolean {
    return !this.closing && this.owns() && this.state.position >= this.awaited && this.deps.notReady() === undefined;
  }

  private async run(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.turn();
      } catch (error) {
        this.deps.telemetry.log('error', 'decision_failed', this.fields(error));
        this.wakeIn(RETRY_MS);
      }
    } while (this.again && this.mayDecide());
  }

  private async turn(): Promise<void> {
    const nowMs = this.deps.nowMs();
    if (this.markWanted) {
      await this.logTime.setMark(nowMs);
      this.markWanted = false;
      this.logTime.folded(this.state.position);
    }
    if (!this.mayDecide()) return;
    const now = { nowMs, logTimeMs: this.logTime.reachedMs };
    const { sites, suppressions } = this.deps;
    const grants = { sites, suppressions, budgets: this.budgets.at(nowMs) };
    const proposal = decide(this.state, this.deps.control(), now, grants);
    this.budgets.spend(proposal.used);
    this.budgets.leave(proposal.leaves);
    this.budgets.ask(proposal.wants);
    if (proposal.awaitsLogTime && !this.logTime.waiting) {
      this.markWanted = true;
      this.again = true;
    }
    if (proposal.records.length > 0) await this.append(proposal.records);
    else if (proposal.wakeAt === undefined) this.rest();
    else this.wakeIn(proposal.wakeAt - nowMs);
  }

  private async append(records: readonly Fact[]): Promise<void> {
    const { partition } = this.state;
    this.awaited = Number.POSITIVE_INFINITY;
    try {
      const [receipt] = await this.deps.log.append([{ topic: 'mail.events', partition, records }]);
      if (!receipt) throw new Error('the log gave no receipt');
      this.awaited = receipt.offset + records.length;
      this.failures = 0;
    } catch (error) {
      this.deps.telemetry.log('warn', 'decision_not_durable', this.fields(error));
      await this.deps.timers.sleep(this.appendRetryMs());
      this.awaited = await this.endOfLog();
    }
    this.again = true;
  }

  private appendRetryMs(): number {
    const doublings = Math.min(this.failures++, 10);
    return Math.min(FIRST_APPEND_RETRY_MS * 2 ** doublings, LONGEST_APPEND_RETRY_MS);
  }

  private async endOfLog(): Promise<number> {
    for (;;) {
      try {
        return (await this.deps.log.bounds('mail.events', this.state.partition)).end;
      } catch (error) {
        this.deps.telemetry.log('warn', 'log_end_unknown', this.fields(error));
        if (this.closing) return this.state.position;
        await this.deps.timers.sleep(RETRY_MS);
      }
    }
  }

  private wakeIn(ms: number): void {
    if (this.closing) return;
    const waitMs = Math.min(Math.max(ms, 1), LONGEST_TIMER_MS);
    const now = this.deps.nowMs();
    const at = now + waitMs;
    // One that rings sooner asks for one decision more; another after each decision would cost as much every time. One
    // whose time has passed stood still while the machine slept.
    if (this.timer && this.timerAt <= at && this.timerAt > now) return;
    this.timer?.cancel();
    this.timerAt = at;
    this.timer = this.deps.timers.after(waitMs, () => {
      this.timer = undefined;
      this.markWanted = true;
      this.wake();
    });
  }

  private rest(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private fields(error: unknown) {
    return { partition: this.state.partition, error: String(error) };
  }
}
