/**
 * Fills the disk under a real platform while mail passes, kills it there, starts it again on the full disk, and frees
 * the disk; then holds the log, the receiver and the clients against each other.
 */
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { until } from '../end-to-end/mail-watch.ts';
import { Platform } from '../end-to-end/platform.ts';
import { CountingSink } from '../fixtures/counting-sink.ts';
import { InsistentClients } from './insistent-clients.ts';
import { auditLog } from './log-audit.ts';
import { reckon } from './reckoning.ts';
import { sinkPolicy } from './sink-policy.ts';
import { SmallDisk } from './small-disk.ts';

export interface FullDiskReport {
  readonly acknowledged: number;
  /** Of which before the disk was full. */
  readonly before: number;
  readonly duplicates: number;
  readonly refusals: Readonly<Record<string, number>>;
}

const API_KEY = 'full-disk-test-key';
const DISK_MEGABYTES = 64;
const RESERVE_BYTES = 8 * 2 ** 20;
const SESSIONS = 6;
/** Recipients acknowledged before the disk is filled, and again after it is freed. */
const ENOUGH = 1_500;
const SMTP_REFUSAL = '452 4.3.1';
const LONG = { withinMs: 60_000 };

/** Undefined where this user may not mount. @throws Error that says which promise was broken, and for whom. */
export async function fullDisk(): Promise<FullDiskReport | undefined> {
  const disk = SmallDisk.mount(DISK_MEGABYTES);
  if (!disk) return undefined;
  const settings = await mkdtemp(join(tmpdir(), 'penstock-full-'));
  const sink = new CountingSink();
  const run = new Run(disk, sink, settings);
  try {
    return await run.story();
  } finally {
    await run.end();
    await sink.stop();
    disk.unmount();
    await rm(settings, { recursive: true, force: true });
  }
}

class Run {
  private platform: Promise<Platform> | undefined;
  private readonly clients = new InsistentClients({
    messages: Number.POSITIVE_INFINITY,
    sessions: SESSIONS,
    apiKey: API_KEY,
    platform: () => this.alive(),
  });

  constructor(
    private readonly disk: SmallDisk,
    private readonly sink: CountingSink,
    private readonly settings: string,
  ) {}

  private get dataDir(): string {
    return join(this.disk.path, 'data');
  }

  async story(): Promise<FullDiskReport> {
    await mkdir(this.dataDir);
    const policy = join(this.settings, 'policy.toml');
    await writeFile(policy, sinkPolicy(await this.sink.start()));
    this.platform = this.start(policy);
    await until(
      () => this.reserveBytes(),
      (bytes) => bytes === RESERVE_BYTES,
      LONG,
    );
    const [, before] = await Promise.all([this.clients.run(), this.fillAndFree(policy)]);
    await this.cleared();
    const deliveries = await auditLog(this.dataDir);
    const { acknowledged, refusals } = this.clients;
    const duplicates = reckon({ acknowledged, deliveries, sink: this.sink });
    return { acknowledged: acknowledged.size, before, duplicates, refusals: Object.fromEntries(refusals) };
  }

  /** Clients that still try hear that there is nothing to wait for. */
  async end(): Promise<void> {
    const last = this.platform;
    this.platform = Promise.reject(new Error('the run has ended'));
    this.platform.catch(() => {});
    await (await last?.catch(() => undefined))?.kill();
  }

  private async fillAndFree(policy: string): Promise<number> {
    await this.clients.reached(ENOUGH);
    this.disk.fill();
    await this.refused();
    await this.quiet();
    const platform = await this.alive();
    await platform.kill();
    if (!platform.output.stderr.includes('disk_full')) throw new Error('no write met the full disk');
    await this.outcomesAreRecorded();
    const before = this.clients.acknowledged.size;
    this.clients.refusals.clear();
    this.platform = this.start(policy);
    await this.refused();
    this.disk.free();
    await this.clients.reached(before + ENOUGH);
    await until(
      () => this.reserveBytes(),
      (bytes) => bytes === RESERVE_BYTES,
      LONG,
    );
    this.clients.finish();
    return before;
  }

  private async alive(): Promise<Platform> {
    if (!this.platform) throw new Error('the platform was never started');
    return this.platform;
  }

  private start(policy: string): Promise<Platform> {
    const PENSTOCK_DISK_RESERVE = `${RESERVE_BYTES / 2 ** 20}MiB`;
    const environment = { PENSTOCK_CONFIG: policy, PENSTOCK_API_KEY: API_KEY, PENSTOCK_DISK_RESERVE };
    return Platform.start({ dataDir: this.dataDir, environment });
  }

  /** Both doors have said so, in the words of their protocol. */
  private async refused(): Promise<void> {
    const heard = async () => [...this.clients.refusals.keys()];
    await until(heard, (refusals) => refusals.some((text) => text.startsWith(SMTP_REFUSAL)), LONG);
    const { url } = await this.alive();
    // Refused before it is looked at, so nothing has to be in it.
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
    const { status, headers: answered } = await fetch(`${url}/v3/mail/send`, { method: 'POST', headers, body: '{}' });
    if (status !== 503 || answered.get('retry-after') !== '60')
      throw new Error(`HTTP answered ${status} on a full disk`);
  }

  /** Nothing has reached the receiver between ten looks: all that was under way is over. */
  private async quiet(): Promise<void> {
    let last = -1;
    let same = 0;
    const look = async () => {
      same = this.sink.taken.size === last ? same + 1 : 0;
      last = this.sink.taken.size;
      return same;
    };
    await until(look, (times) => times >= 10, LONG);
  }

  private async outcomesAreRecorded(): Promise<void> {
    const deliveries = await auditLog(this.dataDir);
    for (const address of this.sink.taken) {
      if (deliveries.get(address)?.terminal?.type === 'delivered') continue;
      throw new Error(`${address} was taken by the receiver, and its outcome is not in the log`);
    }
  }

  private async reserveBytes(): Promise<number> {
    return stat(join(this.dataDir, 'reserve')).then(
      ({ size }) => size,
      () => 0,
    );
  }

  private async cleared(): Promise<void> {
    const platform = await this.alive();
    const api = new PlatformApi(new HttpClient({ url: platform.url, key: API_KEY }));
    await until(
      () => api.lanes(1),
      ({ totals }) => totals.waiting + totals.open === 0,
      LONG,
    );
    const code = await platform.stop();
    if (code !== 0) throw new Error(`the platform ended with ${code}:\n${platform.output.stderr}`);
  }
}
