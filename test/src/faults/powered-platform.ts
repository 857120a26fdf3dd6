/**
 * Cuts the power of a real platform at random writes while mail passes, harms its SQLite files each time, and holds
 * the log, the receiver and the clients against each other afterwards.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { SeededRandom } from '@penstock/simulation';
import { until } from '../end-to-end/mail-watch.ts';
import { CountingSink } from '../fixtures/counting-sink.ts';
import type { FoldedDelivery } from '../fixtures/delivery-fold.ts';
import { FoldHarm } from './fold-harm.ts';
import { type Doors, InsistentClients } from './insistent-clients.ts';
import { auditLog } from './log-audit.ts';
import type { PowerCutStart } from './power-cut-platform.ts';
import { reckon } from './reckoning.ts';
import { sinkPolicy } from './sink-policy.ts';

export interface PowerCutOptions {
  readonly cuts: number;
  readonly seed: number;
  /**
   * Data folders the cuts are shared among, 1 if absent: each has a seed, a receiver and clients of its own, and is
   * held to account for itself. What a start folds again grows with a folder's log, so several are faster than one.
   */
  readonly folders?: number;
  /** Folders that run at the same time, 1 if absent. */
  readonly atOnce?: number;
  /** Hears how many cuts are done. */
  readonly progress?: (cuts: number) => void;
}

interface FolderOptions {
  readonly cuts: number;
  readonly seed: number;
  readonly progress: () => void;
}

export interface PowerCutReport {
  readonly cuts: number;
  /** Cuts that came before the platform had opened its doors. */
  readonly whileStarting: number;
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly duplicates: number;
  readonly harm: FoldHarm['counts'];
}

const PROGRAM = fileURLToPath(new URL('./power-cut-platform.js', import.meta.url));
const API_KEY = 'power-cut-test-key';
const SESSIONS = 6;
/** Small, so that segments end often. */
const SEGMENT_BYTES = 200_000;
/** A start takes about twenty; two hundred messages about a hundred. */
const MOST_OPERATIONS = 160;
/** Far beyond what anything here takes; then what it printed is part of the error. */
const OVERDUE_MS = 60_000;
const CLEARED = { withinMs: 120_000 };
const MAX_ROUNDS = 3;
/** Folders of one seed are fewer than this. */
const SEEDS_APART = 1_000;

/** @throws Error that says which promise was broken, and for whom. */
export async function powerCuts(options: PowerCutOptions): Promise<PowerCutReport> {
  const { cuts, seed, folders = 1, atOnce = 1 } = options;
  let done = 0;
  const progress = () => options.progress?.(++done);
  const orders = Array.from({ length: folders }, (_, folder) => ({
    cuts: Math.floor((cuts + folder) / folders),
    seed: seed * SEEDS_APART + folder,
    progress,
  }));
  const reports: PowerCutReport[] = [];
  const working = async () => {
    for (let order = orders.shift(); order !== undefined; order = orders.shift()) {
      try {
        reports.push(await cutsOfOneFolder(order));
      } catch (error) {
        orders.length = 0;
        throw error;
      }
    }
  };
  // All of them end before this does: none may leave a process behind.
  const ended = await Promise.allSettled(Array.from({ length: atOnce }, working));
  const failures = ended.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []));
  if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures);
  return reports.reduce(sumOf);
}

function sumOf(one: PowerCutReport, other: PowerCutReport): PowerCutReport {
  const harm = { ...one.harm };
  for (const kind of Object.keys(harm) as (keyof typeof harm)[]) harm[kind] += other.harm[kind];
  return {
    cuts: one.cuts + other.cuts,
    whileStarting: one.whileStarting + other.whileStarting,
    acknowledged: one.acknowledged + other.acknowledged,
    deliveries: one.deliveries + other.deliveries,
    duplicates: one.duplicates + other.duplicates,
    harm,
  };
}

async function cutsOfOneFolder(options: FolderOptions): Promise<PowerCutReport> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-power-'));
  const sink = new CountingSink();
  const run = new Run(options, folder, sink, await sink.start());
  try {
    return await run.story();
  } finally {
    run.end();
    await sink.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  private readonly random: SeededRandom;
  private readonly dataDir: string;
  private readonly harm: FoldHarm;
  private readonly policyText: string;
  private platform: PoweredPlatform | undefined;
  private doors: Promise<Doors> | undefined;
  private whileStarting = 0;

  constructor(
    private readonly options: FolderOptions,
    folder: string,
    private readonly sink: CountingSink,
    sinkPort: number,
  ) {
    this.random = new SeededRandom(options.seed, 'power');
    this.dataDir = join(folder, 'data');
    this.harm = new FoldHarm(this.dataDir, join(folder, 'copies'), new SeededRandom(options.seed, 'harm'));
    this.policyText = sinkPolicy(sinkPort);
  }

  async story(): Promise<PowerCutReport> {
    await mkdir(this.dataDir, { recursive: true });
    const clients = new InsistentClients({
      messages: Number.POSITIVE_INFINITY,
      sessions: SESSIONS,
      apiKey: API_KEY,
      platform: () => this.opened(),
    });
    const sending = this.cutting(clients);
    await Promise.all([sending, clients.run()]);
    return this.reckoning(clients.acknowledged);
  }

  /** Kills what is left; clients that still try hear that there is nothing to wait for. */
  end(): void {
    this.platform?.kill();
    this.doors = Promise.reject(new Error('the run has ended'));
    this.doors.catch(() => {});
  }

  private async opened(): Promise<Doors> {
    if (!this.doors) throw new Error('the platform was never started');
    return this.doors;
  }

  private async cutting(clients: InsistentClients): Promise<void> {
    let next = this.start(this.random.between(1, MOST_OPERATIONS));
    for (let cut = 1; cut <= this.options.cuts; cut++) {
      const dead = next;
      await dead.powerGone();
      if (!dead.wasReady) this.whileStarting += 1;
      this.harm.doSome();
      this.options.progress();
      next = this.start(cut < this.options.cuts ? this.random.between(1, MOST_OPERATIONS) : 0);
    }
    clients.finish();
  }

  /** Clients get the doors of the first platform that opens some. */
  private start(operations: number): PoweredPlatform {
    const cut = { seed: this.random.below(2 ** 31), operations };
    const { dataDir, policyText } = this;
    const start = { dataDir, apiKey: API_KEY, policyText, segmentBytes: SEGMENT_BYTES, cut };
    const platform = new PoweredPlatform(start);
    this.platform = platform;
    this.doors = platform.doors.then((doors) => doors ?? this.following(platform));
    this.doors.catch(() => {});
    return platform;
  }

  private async following(platform: PoweredPlatform): Promise<Doors> {
    await until(
      async () => this.platform,
      (current) => current !== platform,
      { withinMs: OVERDUE_MS },
    );
    return this.opened();
  }

  /** Stops the platform once nothing waits any more, and reads what it leaves. */
  private async cleared(): Promise<ReadonlyMap<string, FoldedDelivery>> {
    for (let round = 1; ; round++) {
      const { url } = await this.opened();
      const api = new PlatformApi(new HttpClient({ url, key: API_KEY }));
      await until(
        () => api.lanes(1),
        ({ totals }) => totals.waiting + totals.open === 0,
        CLEARED,
      );
      await this.platform?.stop();
      const deliveries = await auditLog(this.dataDir);
      const pending = [...deliveries.values()].some(({ terminal }) => !terminal);
      if (!pending || round === MAX_ROUNDS) return deliveries;
      // What people see is written behind: it may have been too early to stop.
      this.start(0);
    }
  }

  private async reckoning(acknowledged: ReadonlySet<string>): Promise<PowerCutReport> {
    const deliveries = await this.cleared();
    const duplicates = reckon({ acknowledged, deliveries, sink: this.sink });
    const { whileStarting, harm } = this;
    const { cuts } = this.options;
    return {
      cuts,
      whileStarting,
      acknowledged: acknowledged.size,
      deliveries: deliveries.size,
      duplicates,
      harm: harm.counts,
    };
  }
}

/** One life of the platform, up to its power cut. */
class PoweredPlatform {
  /** Undefined where it died before. */
  readonly doors: Promise<Doors | undefined>;
  wasReady = false;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private stdout = '';
  private stderr = '';

  constructor(start: PowerCutStart) {
    this.child = spawn(process.execPath, [PROGRAM, JSON.stringify(start)], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.exited = once(this.child, 'close');
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-20_000);
    });
    const ready = new Promise<Doors>((resolve) => {
      this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        this.stdout += text;
        if (this.wasReady || !this.stdout.includes('\n')) return;
        this.wasReady = true;
        resolve(JSON.parse(this.stdout) as Doors);
      });
    });
    this.doors = Promise.race([ready, this.exited.then(() => undefined)]);
  }

  /** Resolves when the power went. @throws where it ended otherwise, or did not become ready, with what it printed */
  async powerGone(): Promise<void> {
    await this.ends('its power was to go');
    if (this.child.signalCode !== 'SIGKILL') throw new Error(`the platform ended by itself:\n${this.stderr}`);
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.ends('it was to stop');
    if (this.child.exitCode !== 0) throw new Error(`the platform ended with ${this.child.exitCode}:\n${this.stderr}`);
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  private async ends(why: string): Promise<void> {
    const overdue = AbortSignal.timeout(OVERDUE_MS);
    const late = once(overdue, 'abort').then(() => 'late');
    if ((await Promise.race([this.exited, late])) !== 'late') return;
    throw new Error(`the platform still lives although ${why}, ${this.wasReady ? '' : 'not '}ready:\n${this.stderr}`);
  }
}
