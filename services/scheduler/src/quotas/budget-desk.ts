/**
 * Where one partition's decisions get their tokens. The store is asked beside the decisions, for everything that is
 * wanted at once and once at a time, so that mail without budgets never waits for it.
 */
import type { QuotaAnswer, QuotaStore, Telemetry } from '@penstock/ports';
import { type BudgetGrants, TokenPurse, type Want } from '@penstock/scheduling';

/** Wants of one question; the others are wanted again when it is answered. */
const MOST_WANTS = 500;

export interface BudgetDeskDeps {
  readonly quotas: QuotaStore;
  readonly telemetry: Telemetry;
  /** Steady time, ms since the epoch. */
  readonly nowMs: () => number;
}

export class BudgetDesk {
  private readonly purse = new TokenPurse();
  private readonly asker: string;
  /** Budgets in whose queues we may stand. */
  private readonly places = new Set<string>();
  private asking: Promise<void> | undefined;
  private leaving: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: BudgetDeskDeps,
    partition: number,
    /** There is an answer. */
    private readonly answered: () => void,
  ) {
    this.asker = `partition-${partition}`;
  }

  at(nowMs: number): BudgetGrants {
    return this.purse.at(nowMs);
  }

  /** These tokens are used, whatever becomes of what they were used for. */
  spend(used: ReadonlyMap<string, number>): void {
    this.purse.spend(used);
  }

  ask(wanted: readonly Want[]): void {
    if (wanted.length === 0 || this.asking) return;
    const wants = wanted.slice(0, MOST_WANTS);
    this.purse.ask(wants);
    this.asking = this.question(wants).finally(() => {
      this.asking = undefined;
      this.answered();
    });
  }

  /** Nobody of ours waits for these any more. */
  leave(keys: readonly string[]): void {
    const held = keys.filter((key) => this.places.delete(key));
    if (held.length > 0) this.leaving = this.leaving.then(() => this.giveUp(held));
  }

  /** Gives up every place. Tokens in hand lapse. */
  async close(): Promise<void> {
    await this.asking;
    this.leave([...this.places]);
    await this.leaving;
  }

  private async question(wants: readonly Want[]): Promise<void> {
    const { quotas, telemetry, nowMs } = this.deps;
    const askedAt = nowMs();
    let answers: readonly QuotaAnswer[] = [];
    try {
      answers = await quotas.ask(
        wants.map(({ budgets, count, rank }) => ({ asker: this.asker, budgets, wanted: count, rank })),
      );
    } catch (error) {
      telemetry.log('error', 'budgets_not_asked', { error: String(error) });
    }
    for (const { waitsFor } of answers) if (waitsFor !== undefined) this.places.add(waitsFor);
    this.purse.answered(wants, answers, askedAt, nowMs());
  }

  /** A place that cannot be given up lapses a second after its turn. */
  private async giveUp(keys: readonly string[]): Promise<void> {
    try {
      await this.deps.quotas.leave(this.asker, keys);
    } catch (error) {
      this.deps.telemetry.log('warn', 'budget_place_kept', { error: String(error) });
    }
  }
}
