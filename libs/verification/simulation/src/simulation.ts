import { outsidePromises, settlePromises } from './time/drain.ts';
import { EventHeap, type PlannedEvent } from './time/event-heap.ts';
import { SeededRandom } from './time/seeded-random.ts';
import { Trace } from './trace.ts';

/** Saturday, 1 March 2025, 00:00 UTC: a date to read in traces. */
const EPOCH = 1_740_787_200_000;

/** What the run came to: the condition held, nothing is left to happen, or the bound was reached. */
export type RunResult = 'reached' | 'quiet' | 'exhausted';

export interface RunBounds {
  readonly maxSteps: number;
  /** Virtual time, ms from now. */
  readonly maxMs: number;
}

/**
 * Owns time and the order of everything: one event at a time, each followed by all the promises it settles.
 * Two runs of the same seed take the same steps.
 */
export class Simulation {
  readonly trace = new Trace();
  steps = 0;
  private time = EPOCH;
  private sequence = 0;
  private readonly heap = new EventHeap();
  private readonly streams = new Map<string, SeededRandom>();
  private readonly observers: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(readonly seed: number) {}

  /** Milliseconds since the epoch, virtual. */
  get now(): number {
    return this.time;
  }

  random(name: string): SeededRandom {
    const known = this.streams.get(name);
    if (known) return known;
    const stream = new SeededRandom(this.seed, name);
    this.streams.set(name, stream);
    return stream;
  }

  /** Plans `run` for `delayMs` from now. */
  after(delayMs: number, label: string, run: () => void): PlannedEvent {
    const at = this.time + Math.max(0, Math.round(delayMs));
    const event = { at, sequence: this.sequence, label, run, cancelled: false };
    this.sequence += 1;
    this.heap.push(event);
    return event;
  }

  /** Called after every step; what it throws ends the run. */
  observe(observer: () => void): void {
    this.observers.push(observer);
  }

  /**
   * What `check` throws ends the run after this step; the code under test, in whose call it may stand, does not see
   * it.
   */
  guard<A extends readonly unknown[]>(check: (...args: A) => void): (...args: A) => void {
    return (...args) => {
      try {
        check(...args);
      } catch (error) {
        this.fail(error);
      }
    };
  }

  /** Ends the run after this step; the first failure counts. */
  fail(error: unknown): void {
    this.failure ??= { error };
  }

  note(text: string): void {
    this.trace.line(`${this.time - EPOCH} ${text}`);
  }

  /** Takes events until `condition` holds; whatever an event sets off is over before the next. */
  runUntil(condition: () => boolean, bounds: RunBounds): Promise<RunResult> {
    return outsidePromises(() => this.run(condition, bounds));
  }

  private run(condition: () => boolean, { maxSteps, maxMs }: RunBounds): RunResult {
    const lastStep = this.steps + maxSteps;
    const deadline = this.time + maxMs;
    while (!condition()) {
      if (this.steps >= lastStep || this.time > deadline) return 'exhausted';
      if (!this.step()) return 'quiet';
    }
    return 'reached';
  }

  /** Takes the next event; false if there is none. */
  private step(): boolean {
    const event = this.next();
    if (!event) return false;
    this.time = event.at;
    this.steps += 1;
    if (event.label !== '') this.note(event.label);
    event.run();
    settlePromises();
    for (const observer of this.observers) observer();
    if (this.failure) throw this.failure.error;
    return true;
  }

  private next(): PlannedEvent | undefined {
    for (;;) {
      const event = this.heap.pop();
      if (!event?.cancelled) return event;
    }
  }
}
