import type { Clock, Random, TimerHandle, Timers } from '@penstock/ports';
import type { Simulation } from './simulation.ts';

/** The longest delay a real timer takes; Node fires at once beyond it (32-bit milliseconds). */
const MAX_TIMER_MS = 2_147_483_647;

/** After so long a silence a member's partitions go to others. */
export const SESSION_TIMEOUT_MS = 30_000;

/**
 * One life of a process: its clock, its timers, its chance, and the guard through which every port call goes.
 * After a crash nothing settles and nothing fires; what was on the wire still arrives.
 */
export class SimulatedProcess {
  readonly label: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  private up = true;
  private paused = false;
  private held: (() => void)[] = [];
  private readonly wakes: (() => void)[] = [];
  private readonly expulsions: (() => void)[] = [];
  private readonly ends: (() => void)[] = [];

  constructor(
    readonly simulation: Simulation,
    readonly name: string,
    readonly incarnation: number,
    /** Whether the log and the content live in it, as they do where everything is one process. */
    readonly holdsEngine = false,
    /** By how much the wall clock of its host is off now, ms. */
    offMs: () => number = () => 0,
  ) {
    this.label = `${name}#${incarnation}`;
    const born = simulation.now;
    this.clock = { now: () => simulation.now + offMs(), monotonic: () => simulation.now - born };
    this.timers = { after: (ms, callback) => this.after(ms, callback), sleep: (ms) => this.sleep(ms) };
    this.random = simulation.random(`process ${this.label}`);
  }

  /** Of the lives before this one, newest first. */
  get formerLabels(): readonly string[] {
    return Array.from({ length: this.incarnation - 1 }, (_, back) => `${this.name}#${this.incarnation - 1 - back}`);
  }

  get alive(): boolean {
    return this.up;
  }

  /** Called when this life ends, however it does; at once if it has. */
  onEnd(callback: () => void): void {
    if (this.up) this.ends.push(callback);
    else callback();
  }

  /** Stands still for a while (SIGSTOP): clocks run on, sockets stay open, and nothing happens here until it wakes. */
  pause(forMs: number): void {
    if (!this.up || this.paused) return;
    this.paused = true;
    this.simulation.note(`${this.label} stopped for ${forMs} ms`);
    if (forMs > SESSION_TIMEOUT_MS) this.simulation.after(SESSION_TIMEOUT_MS, '', () => this.expel());
    this.simulation.after(forMs, `${this.label} wakes`, () => {
      this.paused = false;
      for (const run of this.held.splice(0)) if (this.up) run();
      if (this.up) for (const wake of this.wakes) wake();
    });
  }

  get isPaused(): boolean {
    return this.paused;
  }

  /** Called each time the process wakes. */
  onWake(callback: () => void): void {
    this.wakes.push(callback);
  }

  /** Its groups take it for dead, though it lives; whose log lives in it has nobody to say so. */
  expel(): void {
    if (!this.up || this.holdsEngine) return;
    this.simulation.note(`${this.label} is missed`);
    for (const expelled of this.expulsions) expelled();
  }

  /** Called when its groups have not heard of it for too long; it does not know before it wakes. */
  onExpelled(callback: () => void): void {
    this.expulsions.push(callback);
  }

  private here(run: () => void): void {
    if (!this.up) return;
    if (this.paused) this.held.push(run);
    else run();
  }

  /** Between two statements, without warning. */
  crash(): void {
    this.end('crashed');
  }

  /** After an orderly stop. */
  exit(): void {
    this.end('exited');
  }

  private end(how: string): void {
    if (!this.up) return;
    this.up = false;
    this.simulation.note(`${this.label} ${how}`);
    for (const callback of this.ends) callback();
  }

  /**
   * A call on a port. The effect happens at the far side after `thereMs`, whatever has become of this process;
   * the answer reaches it `backMs` later if it still lives.
   */
  call<R>(label: string, thereMs: number, backMs: number, effect: () => R | Promise<R>): Promise<R> {
    if (!this.up) return never();
    return new Promise<R>((resolve, reject) => {
      const answer = (settle: () => void) => {
        if (backMs === 0) this.here(settle);
        else this.simulation.after(backMs, '', () => this.here(settle));
      };
      this.simulation.after(thereMs, `${this.label} ${label}`, () => {
        attempt(effect).then(
          (result) => answer(() => resolve(result)),
          (error: unknown) => answer(() => reject(error)),
        );
      });
    });
  }

  /** A call on the log or on content: the engine may be a server that outlives this process, or a part of it. */
  callEngine<R>(label: string, thereMs: number, backMs: number, effect: () => R | Promise<R>): Promise<R> {
    return this.call(label, thereMs, backMs, () => (this.up || !this.holdsEngine ? effect() : never()));
  }

  /** A call on something that lives in this process, such as a file of its own: what had not happened dies with it. */
  callInside<R>(label: string, delayMs: number, effect: () => R | Promise<R>): Promise<R> {
    return this.call(label, delayMs, 0, () => (this.up ? effect() : never()));
  }

  private after(delayMs: number, callback: () => void): TimerHandle {
    // Node rounds delays down to whole milliseconds, one at least.
    const delay = Math.max(1, Math.trunc(delayMs));
    if (!(delay <= MAX_TIMER_MS)) throw new RangeError(`${this.label} set a timer of ${delayMs} ms`);
    if (!this.up) return { cancel: () => {} };
    const event = this.simulation.after(delay, `${this.label} timer`, () =>
      this.here(() => {
        if (!event.cancelled) callback();
      }),
    );
    return {
      cancel: () => {
        event.cancelled = true;
      },
    };
  }

  private sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.after(delayMs, resolve);
    });
  }
}

/** Effects may throw at once or reject; both are answers. */
async function attempt<R>(effect: () => R | Promise<R>): Promise<R> {
  return effect();
}

export function never<R>(): Promise<R> {
  return new Promise(() => {});
}
