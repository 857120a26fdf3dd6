/**
 * The controller of warm-ups. Every scheduler tells once a minute what came of the mail of sources in warm-up; the one to
 * which the group gives `mail.control` counts their days. Should two of them believe that for a while, each step is
 * numbered, and the first in the log counts.
 */
import { type Control, derivedId, type Fact, type SourceObserved } from '@penstock/events';
import {
  type AnyConsumer,
  type EventLog,
  type PartitionHandler,
  PeriodicTask,
  type Telemetry,
  type Timers,
} from '@penstock/ports';
import { type ControlState, warmupOf, warmupStepsDue } from '@penstock/scheduling';
import { OutcomeTallies, SPAN_MS } from './outcome-tallies.ts';

/** Between two looks, ms. */
export const LOOK_EVERY_MS = 60_000;

const DAY_MS = 24 * 3_600_000;
const RECORDS_AT_ONCE = 1000;

export interface WarmupControllerDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly owner: string;
  /** Steady time, ms since the epoch. */
  readonly nowMs: () => number;
  readonly control: () => ControlState;
  /** Undefined when control is read to its end. */
  readonly notReady: () => string | undefined;
}

export class WarmupController implements PartitionHandler<'mail.control'> {
  readonly consumer: AnyConsumer = { group: 'scheduler-controller', topic: 'mail.control', handler: this };
  private readonly tallies = new OutcomeTallies();
  private readonly looks: PeriodicTask;
  private looking: Promise<void> = Promise.resolve();
  private controls = false;
  /** Next offset of `mail.signals`; undefined before the first look. */
  private heard: number | undefined;
  /** What we wrote last is folded when control has come so far. */
  private writtenUpTo = 0;
  private told = 0;

  constructor(private readonly deps: WarmupControllerDeps) {
    this.looks = new PeriodicTask(deps.timers, LOOK_EVERY_MS, () => {
      this.looking = this.look();
      return this.looking;
    });
  }

  start(): void {
    this.looks.start();
  }

  async stop(): Promise<void> {
    this.looks.stop();
    await this.looking;
  }

  /** An attempt from `source` was closed by `record`. */
  observe(source: string, record: Fact): void {
    if (this.concerns(source)) this.tallies.count(source, record);
  }

  /** Control is followed elsewhere: all that matters here is whose it is. */
  async assigned(): Promise<number> {
    this.controls = true;
    return (await this.deps.log.bounds('mail.control', 0)).end;
  }

  async batch(): Promise<void> {}

  async revoked(): Promise<void> {
    this.controls = false;
  }

  failed(_partition: number, error: unknown): void {
    this.controls = false;
    this.deps.telemetry.log('error', 'controller_stopped', { error: String(error) });
  }

  /** What failed is done again at the next look. */
  private async look(): Promise<void> {
    try {
      if (this.deps.notReady() !== undefined || !this.concernsAnything()) return;
      await this.tell();
      if (this.controls) await this.decide();
    } catch (error) {
      this.deps.telemetry.log('warn', 'warm_ups_not_looked_at', { error: String(error) });
    }
  }

  private concernsAnything(): boolean {
    const { warmups, policy } = this.deps.control();
    if (warmups.bySource.size > 0) return true;
    return policy !== undefined && [...policy.sources.values()].some(({ warmup }) => warmup !== undefined);
  }

  private concerns(source: string): boolean {
    const { warmups, policy } = this.deps.control();
    return warmupOf(warmups, source) !== undefined || policy?.sources.get(source)?.warmup !== undefined;
  }

  private async tell(): Promise<void> {
    const tallies = this.tallies.takeChanged();
    if (tallies.length === 0) return;
    const { owner, nowMs, log } = this.deps;
    const at = nowMs();
    const id = derivedId('source_observed', owner, at, this.told++);
    const record: SourceObserved = {
      id,
      type: 'source_observed',
      version: 1,
      at,
      partition: 0,
      body: { owner, tallies },
    };
    try {
      await log.append([{ topic: 'mail.signals', partition: 0, records: [record] }]);
    } catch (error) {
      this.tallies.giveBack(tallies);
      throw error;
    }
  }

  private async decide(): Promise<void> {
    await this.hear();
    const { log, control, nowMs, owner } = this.deps;
    const { policy, warmups, offset } = control();
    if (!policy || offset < this.writtenUpTo) return;
    const results = (source: string, from: number, to: number) => this.tallies.between(source, from, to);
    const steps = warmupStepsDue({ policy, warmups, nowMs: nowMs(), results, by: owner });
    const records = [...this.activity(), ...steps];
    if (records.length === 0) return;
    const [receipt] = await log.append([{ topic: 'mail.control', partition: 0, records }]);
    if (receipt) this.writtenUpTo = receipt.offset + records.length;
    for (const { type } of steps) this.deps.telemetry.log('info', 'warm_up_step', { type });
  }

  /** Reads what all schedulers told; a log that begins later has nothing to say of what went before. */
  private async hear(): Promise<void> {
    const { log } = this.deps;
    const { begin, end } = await log.bounds('mail.signals', 0);
    let from = Math.max(this.heard ?? begin, begin);
    while (from < end) {
      const stored = await log.read('mail.signals', 0, from, RECORDS_AT_ONCE);
      if (stored.length === 0) break;
      for (const { offset, record } of stored) {
        from = offset + 1;
        if (record.type === 'source_observed') for (const tally of record.body.tallies) this.tallies.learn(tally);
      }
    }
    this.heard = from;
  }

  /** Each source's first mail of a day of UTC is told, so that a later controller knows of it when signals are gone. */
  private activity(): readonly Control[] {
    const { policy, warmups } = this.deps.control();
    const at = this.deps.nowMs();
    return [...(policy?.sources.keys() ?? [])].flatMap((source) => {
      if (!this.concerns(source)) return [];
      const last = this.tallies.lastActive(source);
      if (last === undefined || last > at + SPAN_MS) return [];
      const date = last - (last % DAY_MS);
      if ((warmups.activeOn.get(source) ?? -1) >= date) return [];
      const id = derivedId('source_active', source, date);
      return [{ id, type: 'source_active' as const, version: 1 as const, at, partition: 0, body: { source, date } }];
    });
  }
}
