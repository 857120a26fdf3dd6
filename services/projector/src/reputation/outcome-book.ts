import type { ReputationSubject } from '@penstock/events';
import { type Clock, prefixEnd } from '@penstock/ports';
import { type OutcomeCounts, OutcomeWindow, type ReputationRules } from '@penstock/reputation';
import type { ReadModel } from '../deliveries/read-model.ts';
import type { HourCounts } from '../hours/hour-counts.ts';
import {
  HOUR_PREFIX,
  type HourRow,
  hourKeyStart,
  hourOf,
  hourRow,
  TENANT_HOUR_PREFIX,
  tenantHourStart,
} from '../hours/hour-rows.ts';

/** Outcomes of one tenant or source as the read model has them. */
export interface SubjectOutcomes {
  readonly subject: ReputationSubject;
  readonly name: string;
  readonly window: OutcomeWindow;
}

const PAGE = 1_000;
/** Hours of one tenant that are asked for at a time. */
const HOURS_AT_ONCE = 24;
/** What took t to read is good for this many times t: whoever asks often costs a hundredth of the time. */
const GOOD_FOR = 100;

interface Reading {
  readonly readMs: number;
  readonly tookMs: number;
  readonly hour: number;
  readonly subjects: readonly SubjectOutcomes[];
}

/** The outcomes of the window that ends now, out of the rows by hour. */
export class OutcomeBook {
  private last: Reading | undefined;
  private reading: Promise<Reading> | undefined;

  constructor(
    private readonly model: ReadModel,
    private readonly clock: Clock,
    readonly rules: ReputationRules,
  ) {}

  /** Of everybody. One reading serves all who ask meanwhile, and shortly after. */
  async everybody(): Promise<readonly SubjectOutcomes[]> {
    const { last } = this;
    const age = last && this.clock.monotonic() - last.readMs;
    if (last && age !== undefined && last.hour === this.hour && age < last.tookMs * GOOD_FOR) return last.subjects;
    this.reading ??= this.read().finally(() => {
      this.reading = undefined;
    });
    this.last = await this.reading;
    return this.last.subjects;
  }

  /** Of one tenant, as it is now. */
  async ofTenant(tenant: string): Promise<SubjectOutcomes> {
    const { hour, first } = this;
    const window = new OutcomeWindow(hour, this.rules);
    for (let from = first; from <= hour + 1; from += HOURS_AT_ONCE) {
      const hours = Array.from({ length: Math.min(HOURS_AT_ONCE, hour + 2 - from) }, (_, index) => from + index);
      const rows = await Promise.all(hours.map((each) => this.rowsOf(tenant, each)));
      for (const row of rows.flat()) window.add(row.hour, row.provider, ofTenant(row.counts));
    }
    return { subject: 'tenant', name: tenant, window };
  }

  private async rowsOf(tenant: string, hour: number): Promise<readonly HourRow[]> {
    const from = tenantHourStart(hour, tenant);
    const entries = await this.model.rows.range({ from, to: prefixEnd(from), limit: PAGE });
    return entries.map(hourRow);
  }

  private async read(): Promise<Reading> {
    const since = this.clock.monotonic();
    const { hour, first, rules } = this;
    const found = new Map<string, SubjectOutcomes>();
    const add = (subject: ReputationSubject, name: string, row: HourRow, counts: Partial<OutcomeCounts>) => {
      const key = `${subject}|${name}`;
      const known = found.get(key) ?? { subject, name, window: new OutcomeWindow(hour, rules) };
      known.window.add(row.hour, row.provider, counts);
      found.set(key, known);
    };
    for await (const row of this.rowsFrom(HOUR_PREFIX, first)) {
      if (row.source !== '') add('source', row.source, row, row.counts);
    }
    for await (const row of this.rowsFrom(TENANT_HOUR_PREFIX, first)) {
      if (row.tenant) add('tenant', row.tenant, row, ofTenant(row.counts));
    }
    const readMs = this.clock.monotonic();
    return { readMs, tookMs: readMs - since, hour, subjects: [...found.values()] };
  }

  private async *rowsFrom(prefix: string, first: number): AsyncGenerator<HourRow> {
    const to = prefixEnd(prefix);
    for (let from = hourKeyStart(prefix, first); ; ) {
      const entries = await this.model.rows.range({ from, to, limit: PAGE });
      for (const entry of entries) yield hourRow(entry);
      const last = entries.at(-1);
      if (!last || entries.length < PAGE) return;
      from = `${last.key}\u0000`;
    }
  }

  private get hour(): number {
    return hourOf(this.clock.now());
  }

  /** The earliest hour of the window. */
  private get first(): number {
    return this.hour - this.rules.windowHours + 1;
  }
}

/** Recipients who do not exist by DNS are a tenant's doing, though no receiver knows of them. */
function ofTenant(counts: HourCounts): Partial<OutcomeCounts> {
  const { unseen = 0, judged = 0, invalid = 0 } = counts;
  return unseen === 0 ? counts : { ...counts, judged: judged + unseen, invalid: invalid + unseen };
}
