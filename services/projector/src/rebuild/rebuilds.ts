import { randomName } from '@penstock/control';
import type { Random, Telemetry } from '@penstock/ports';
import type { LiveModel } from './live-model.ts';
import { ModelRebuild, RebuildCancelledError, type RebuildDeps } from './model-rebuild.ts';
import type { RebuildList, RebuildOrder, RebuildProgress, RebuildState, RebuildView } from './rebuild-view.ts';

/** Finished ones that can still be asked for. */
const REMEMBERED = 20;

/** Why a rebuild was not begun; an answer, not a failure. */
export type RebuildRefusal =
  | { readonly cause: 'unknown_model'; readonly model: string; readonly known: readonly string[] }
  | { readonly cause: 'running'; readonly id: string };

export type RebuildAnswer =
  | { readonly kind: 'begun'; readonly rebuild: RebuildView }
  | { readonly kind: 'refused'; readonly refusal: RebuildRefusal };

interface Rebuild {
  readonly id: string;
  readonly order: RebuildOrder;
  readonly startedAt: number;
  readonly startedMs: number;
  readonly jobs: readonly ModelRebuild[];
  state: RebuildState;
  error?: string;
  endedMs?: number;
}

/** Rebuilds asked for, one at a time. They are not remembered beyond the process: ask again after a restart. */
export class Rebuilds {
  private readonly rebuilds = new Map<string, Rebuild>();
  private running: { readonly rebuild: Rebuild; readonly ended: Promise<void> } | undefined;

  constructor(
    private readonly deps: RebuildDeps & { readonly random: Random; readonly telemetry: Telemetry },
    private readonly models: readonly LiveModel[],
  ) {}

  private get modelNames(): readonly string[] {
    return this.models.map(({ name }) => name);
  }

  /** Begins at once and goes on by itself. */
  async begin(order: RebuildOrder): Promise<RebuildAnswer> {
    const unknown = order.models?.find((name) => !this.modelNames.includes(name));
    if (unknown !== undefined) return refused({ cause: 'unknown_model', model: unknown, known: this.modelNames });
    if (this.running) return refused({ cause: 'running', id: this.running.rebuild.id });
    const rebuild = this.create(order);
    this.rebuilds.set(rebuild.id, rebuild);
    this.forgetOldest();
    const ended = this.run(rebuild).finally(() => {
      this.running = undefined;
    });
    this.running = { rebuild, ended };
    return { kind: 'begun', rebuild: this.shown(rebuild) };
  }

  async view(id: string): Promise<RebuildView | undefined> {
    const rebuild = this.rebuilds.get(id);
    return rebuild && this.shown(rebuild);
  }

  async list(): Promise<RebuildList> {
    const rebuilds = [...this.rebuilds.values()].reverse().map((rebuild) => this.shown(rebuild));
    return { models: this.modelNames, rebuilds };
  }

  /** Ends it before its next step; the live model stays as it is. Resolves when it has ended. */
  async cancel(id: string): Promise<RebuildView | undefined> {
    const rebuild = this.rebuilds.get(id);
    if (!rebuild) return undefined;
    for (const job of rebuild.jobs) job.cancel();
    if (this.running?.rebuild === rebuild) await this.running.ended;
    return this.shown(rebuild);
  }

  async stop(): Promise<void> {
    if (this.running) await this.cancel(this.running.rebuild.id);
  }

  private create(order: RebuildOrder): Rebuild {
    const { clock, random } = this.deps;
    const chosen = this.models.filter(({ name }) => order.models?.includes(name) ?? true);
    return {
      id: randomName(random),
      order,
      startedAt: clock.now(),
      startedMs: clock.monotonic(),
      jobs: chosen.map((model) => new ModelRebuild(this.deps, model, order.swap)),
      state: 'running',
    };
  }

  /** Never rejects: what went wrong is its result. */
  private async run(rebuild: Rebuild): Promise<void> {
    try {
      for (const job of rebuild.jobs) await job.run();
      rebuild.state = 'done';
    } catch (error) {
      rebuild.state = error instanceof RebuildCancelledError ? 'cancelled' : 'failed';
      rebuild.error = error instanceof Error ? error.message : String(error);
    }
    rebuild.endedMs = this.deps.clock.monotonic();
    const { id, state, error } = rebuild;
    this.deps.telemetry.log(state === 'failed' ? 'error' : 'info', 'rebuild_ended', { id, state, error });
  }

  private shown(rebuild: Rebuild): RebuildView {
    const { id, order, state, error, startedAt, startedMs, jobs } = rebuild;
    const results = jobs.map((job) => job.result);
    const sections = results.flatMap((result) => result.sections);
    return {
      id,
      models: results.map(({ model }) => model),
      swap: order.swap,
      state,
      ...(error !== undefined && { error }),
      ...(state === 'done' && { equal: sections.every(({ equal }) => equal) }),
      startedAt,
      elapsedMs: Math.round((rebuild.endedMs ?? this.deps.clock.monotonic()) - startedMs),
      progress: progress(jobs),
      results,
    };
  }

  private forgetOldest(): void {
    for (const id of this.rebuilds.keys()) {
      if (this.rebuilds.size <= REMEMBERED) return;
      this.rebuilds.delete(id);
    }
  }
}

function refused(refusal: RebuildRefusal): RebuildAnswer {
  return { kind: 'refused', refusal };
}

function progress(jobs: readonly ModelRebuild[]): RebuildProgress {
  const sum = (of: (job: ModelRebuild) => number) => jobs.reduce((total, job) => total + of(job), 0);
  const factsFolded = sum((job) => job.factsFolded);
  const factsInAll = Math.max(
    factsFolded,
    sum((job) => job.factsInAll),
  );
  const foldingMs = sum((job) => job.foldingMs);
  const factsPerSecond = foldingMs > 0 ? Math.round((factsFolded * 1000) / foldingMs) : 0;
  const left = factsInAll - factsFolded;
  return {
    factsFolded,
    factsInAll,
    factsPerSecond,
    share: factsInAll === 0 ? 1 : factsFolded / factsInAll,
    ...(factsPerSecond > 0 && { remainingMs: Math.round((left * 1000) / factsPerSecond) }),
  };
}
