import { statfs } from 'node:fs/promises';
import { PeriodicTask, type StorageRoom, type Telemetry, type Timers } from '@penstock/ports';

const LOOK_EVERY_MS = 1_000;
/** More is asked for to go on than to stop: it must not go back and forth. */
const AGAIN = 1.25;
/** In reserves: below the first no mail is taken, below the second nothing is released. */
const [TAKES, RELEASES] = [2, 0.5];

export interface FreeSpaceDeps {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Bytes this user may still write on the file system of the folder; Node's answer where absent. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

type State = 'room' | 'full' | 'exhausted';

/**
 * The free space of folders that a process apart writes to, looked at once a second. Unlike the engine in one process
 * it keeps no reserve file: a folder may be shared, and what becomes of mail is recorded by Kafka's brokers, on their
 * own disks.
 */
export class FreeSpace implements StorageRoom {
  private readonly listeners: (() => void)[] = [];
  private state: State = 'room';
  private least = '';
  private readonly looking: PeriodicTask;

  private constructor(
    private readonly folders: readonly string[],
    private readonly reserveBytes: number,
    private readonly deps: FreeSpaceDeps,
  ) {
    this.looking = new PeriodicTask(deps.timers, LOOK_EVERY_MS, () => this.look());
  }

  /** Resolves when it is known. A reserve of 0 bytes looks at nothing. */
  static async watch(folders: readonly string[], reserveBytes: number, deps: FreeSpaceDeps): Promise<FreeSpace> {
    const space = new FreeSpace(folders, reserveBytes, deps);
    if (reserveBytes === 0 || folders.length === 0) return space;
    await space.look();
    space.looking.start();
    return space;
  }

  full(): string | undefined {
    return this.state === 'room' ? undefined : `the disk of ${this.least} is nearly full`;
  }

  exhausted(): string | undefined {
    return this.state === 'exhausted' ? `the disk of ${this.least} is full` : undefined;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  stop(): void {
    this.looking.stop();
  }

  /** Never rejects: a folder that does not answer is told of by who writes there. */
  private async look(): Promise<void> {
    const { freeBytes = freeOf } = this.deps;
    let least = Number.POSITIVE_INFINITY;
    for (const folder of this.folders) {
      const free = await freeBytes(folder).catch(() => Number.POSITIVE_INFINITY);
      if (free >= least) continue;
      least = free;
      this.least = folder;
    }
    this.judge(least);
  }

  private judge(free: number): void {
    const before = this.state;
    const { reserveBytes } = this;
    const below = (reserves: number, already: boolean) => free < reserves * reserveBytes * (already ? AGAIN : 1);
    if (below(RELEASES, before === 'exhausted')) this.state = 'exhausted';
    else this.state = below(TAKES, before !== 'room') ? 'full' : 'room';
    if (this.state === before) return;
    const level = this.state === 'room' ? 'warn' : 'error';
    this.deps.telemetry.log(level, EVENTS[this.state], { folder: this.least, free });
    for (const listener of this.listeners) listener();
  }
}

/** The same names as in one process. */
const EVENTS: Readonly<Record<State, string>> = {
  room: 'disk_has_room',
  full: 'disk_nearly_full',
  exhausted: 'disk_full',
};

async function freeOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
