/**
 * Kills a real platform at random moments while mail passes, and holds the log, the receiver and the clients against
 * each other afterwards.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { SeededRandom } from '@penstock/simulation';
import { until } from '../end-to-end/mail-watch.ts';
import { Platform } from '../end-to-end/platform.ts';
import { CountingSink } from '../fixtures/counting-sink.ts';
import type { FoldedDelivery } from '../fixtures/delivery-fold.ts';
import { InsistentClients } from './insistent-clients.ts';
import { auditLog } from './log-audit.ts';
import { SINK_MAX_IN_FLIGHT, sinkPolicy } from './sink-policy.ts';

export interface SigkillOptions {
  readonly messages: number;
  readonly kills: number;
  readonly seed: number;
}

export interface SigkillReport {
  readonly acknowledged: number;
  readonly deliveries: number;
  readonly duplicates: number;
  /** Open releases in the log after each kill. */
  readonly openAtKills: readonly number[];
}

const API_KEY = 'sigkill-test-key';
const SESSIONS = 10;
/** Far beyond what clearing takes; then the last look is part of the error. */
const MAX_ROUNDS = 3;
const CLEARED = { withinMs: 120_000 };

/** @throws Error that says which promise was broken, and for whom. */
export async function sigkill(options: SigkillOptions): Promise<SigkillReport> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-sigkill-'));
  const sink = new CountingSink();
  const run = new Run(options, folder, sink);
  try {
    await run.begin();
    return await run.story();
  } finally {
    await run.end();
    await sink.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  private readonly random: SeededRandom;
  private environment: Readonly<Record<string, string>> = {};
  private platform: Promise<Platform> | undefined;
  /** For each address, how many kills found a release of it open. */
  private readonly openAtKill = new Map<string, number>();
  private readonly openAtKills: number[] = [];

  constructor(
    private readonly options: SigkillOptions,
    private readonly folder: string,
    private readonly sink: CountingSink,
  ) {
    this.random = new SeededRandom(options.seed, 'sigkill');
  }

  async begin(): Promise<void> {
    const port = await this.sink.start();
    const file = join(this.folder, 'policy.toml');
    await writeFile(file, sinkPolicy(port));
    this.environment = { PENSTOCK_CONFIG: file, PENSTOCK_API_KEY: API_KEY };
    this.platform = this.start();
    await this.platform;
  }

  /** Clients that still try hear that there is nothing to wait for. */
  async end(): Promise<void> {
    const last = this.platform;
    this.platform = Promise.reject(new Error('the run has ended'));
    this.platform.catch(() => {});
    await (await last?.catch(() => undefined))?.kill();
  }

  async story(): Promise<SigkillReport> {
    const clients = new InsistentClients({
      messages: this.options.messages,
      sessions: SESSIONS,
      apiKey: API_KEY,
      platform: () => this.alive(),
    });
    await Promise.all([clients.run(), this.killing(clients)]);
    const deliveries = await this.cleared();
    return this.reckoning(clients.acknowledged, deliveries);
  }

  private async alive(): Promise<Platform> {
    if (!this.platform) throw new Error('the platform was never started');
    return this.platform;
  }

  private start(): Promise<Platform> {
    return Platform.start({ dataDir: join(this.folder, 'data'), environment: this.environment });
  }

  /** At random shares of the campaign, a random few milliseconds later. */
  private async killing(clients: InsistentClients): Promise<void> {
    const { kills, messages } = this.options;
    for (let kill = 0; kill < kills; kill++) {
      await clients.reached(Math.floor((messages * (kill + this.random.next())) / kills));
      await wait(this.random.below(50));
      const victim = await this.alive();
      this.platform = this.killAndRestart(victim);
      await this.platform;
    }
  }

  private async killAndRestart(victim: Platform): Promise<Platform> {
    await victim.kill();
    let open = 0;
    for (const [address, { state }] of await auditLog(victim.dataDir)) {
      if (!state.open) continue;
      open += 1;
      this.openAtKill.set(address, (this.openAtKill.get(address) ?? 0) + 1);
    }
    this.openAtKills.push(open);
    return this.start();
  }

  /** Stops the platform once nothing waits any more, and reads what it leaves. */
  private async cleared(): Promise<ReadonlyMap<string, FoldedDelivery>> {
    for (let round = 1; ; round++) {
      const platform = await this.alive();
      const api = new PlatformApi(new HttpClient({ url: platform.url, key: API_KEY }));
      const lanes = () => api.lanes(1);
      await until(lanes, ({ totals }) => totals.waiting + totals.open === 0, CLEARED);
      const code = await platform.stop();
      if (code !== 0) throw new Error(`the platform ended with ${code}:\n${platform.output.stderr}`);
      const deliveries = await auditLog(platform.dataDir);
      const pending = [...deliveries.values()].filter(({ terminal }) => !terminal);
      if (pending.length === 0 || round === MAX_ROUNDS) return deliveries;
      // What people see is written behind: it may have been too early to stop.
      this.platform = this.start();
    }
  }

  private reckoning(acknowledged: ReadonlySet<string>, deliveries: ReadonlyMap<string, FoldedDelivery>): SigkillReport {
    for (const address of acknowledged) {
      if (!this.sink.taken.has(address)) throw new Error(`${address} was acknowledged and never arrived`);
      if (!deliveries.has(address)) throw new Error(`${address} was acknowledged and is not in the log`);
    }
    let duplicates = 0;
    for (const [address, delivery] of deliveries) {
      if (!delivery.terminal) throw new Error(`${delivery.deliveryId} never ended: ${JSON.stringify(delivery.state)}`);
      duplicates += this.copiesTooMany(address, delivery);
    }
    const allowed = this.openAtKills.reduce((sum, open) => sum + Math.min(open, SINK_MAX_IN_FLIGHT), 0);
    if (duplicates > allowed) throw new Error(`${duplicates} duplicates, ${allowed} could have been in flight`);
    const { openAtKills } = this;
    return { acknowledged: acknowledged.size, deliveries: deliveries.size, duplicates, openAtKills };
  }

  private copiesTooMany(address: string, { deliveryId, terminal, mayDuplicate }: FoldedDelivery): number {
    const copies = this.sink.copies.get(address) ?? 0;
    const extra = Math.max(0, copies - 1);
    if (terminal?.type === 'delivered' && copies === 0) throw new Error(`${deliveryId} is delivered and nobody has it`);
    if (extra > mayDuplicate) throw new Error(`${deliveryId} arrived ${copies} times, marked ${mayDuplicate} times`);
    const open = this.openAtKill.get(address) ?? 0;
    if (extra > open) throw new Error(`${deliveryId} arrived ${copies} times, and was in flight at ${open} kills`);
    return extra;
  }
}
