/** The four services with settings of a test's own, and a little mail through them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { freePorts } from './free-ports.ts';
import { Load } from './load.ts';
import { type ServiceEnvironment, Services, type ServicesOptions } from './services.ts';
import { settled } from './waiting.ts';

const KEY = 'a-key-for-a-small-run';

export interface SmallRunOptions {
  readonly name: string;
  readonly brokers: readonly string[];
  readonly redisUrl?: string;
  readonly environment: ServiceEnvironment;
  readonly onLine?: ServicesOptions['onLine'];
}

export class SmallRun {
  private constructor(
    readonly folder: string,
    readonly services: Services,
    readonly load: Load,
    readonly api: PlatformApi,
  ) {}

  static async start({ name, brokers, redisUrl, environment, onLine }: SmallRunOptions): Promise<SmallRun> {
    const folder = mkdtempSync(join(tmpdir(), `penstock-${name}-`));
    const services = await Services.start({
      brokers,
      redisUrl,
      onLine,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      partitions: { 'mail.events': 4, 'mail.submissions': 2, 'mail.attempts': 2 },
      environment: {
        PATH: process.env.PATH,
        PENSTOCK_API_KEY: KEY,
        PENSTOCK_KAFKA_PREFIX: `${name}-${process.pid}-`,
        ...environment,
      },
    });
    const load = new Load({ url: services.url('ingest'), smtpPort: services.ports.smtp, key: KEY });
    const api = new PlatformApi(new HttpClient({ url: services.url('projector'), key: KEY }));
    return new SmallRun(folder, services, load, api);
  }

  /** Sends so many over both doors; answers the ids of their deliveries once all are in the receiver's mailbox. */
  async delivers(count: number): Promise<readonly string[]> {
    const before = new Set(this.load.accepted.keys());
    await this.load.send(count);
    const sent = [...this.load.accepted.keys()].filter((id) => !before.has(id));
    assert.equal(sent.length, count, `${this.load.refused} were refused`);
    const deliveries = await settled(this.api, sent);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);
    for (const id of sent) {
      assert.equal(this.services.sandbox.mailFor(this.load.accepted.get(id) ?? '').length, 1);
    }
    return deliveries.map(({ deliveryId }) => deliveryId);
  }

  /** Answers the exit codes. */
  async stop(): Promise<ReadonlyMap<string, number | null>> {
    this.load.close();
    const codes = await this.services.stop();
    rmSync(this.folder, { recursive: true, force: true });
    return codes;
  }
}
