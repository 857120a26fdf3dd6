/** Everything a run of faults stands on: engines, receivers, services, disks and clocks; started, and ended by pid. */
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type KafkaLog, openKafkaLog } from '@penstock/adapter-kafka';
import { openFolderContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { type Stack, startStack } from '@penstock/local-stack';
import { Redis } from 'ioredis';
import { Kafka, logLevel } from 'kafkajs';
import { freePortsInRow } from '../../../end-to-end/apart/free-ports.ts';
import { applyTopics } from '../../../end-to-end/apart/services.ts';
import { becomesReady } from '../../../end-to-end/apart/waiting.ts';
import { INSTANCES, type Instance } from './cast.ts';
import { Clocks } from './clocks.ts';
import { Disks } from './disks.ts';
import { Fleet } from './fleet.ts';
import { faultsPolicy } from './limits.ts';
import { Receivers } from './receivers.ts';
import type { RunBook } from './run-book.ts';

export interface RigOptions {
  /** Data of engines and services, and what they print. */
  readonly folder: string;
  readonly brokers: number;
  readonly book: RunBook;
  readonly disks: Disks | undefined;
  readonly clocks: Clocks | undefined;
  say(text: string): void;
  /** An instance ended that nobody had ended. */
  onEndedAlone(instance: string, says: string): void;
}

/** Of the tenant `default`, one for each traffic class. */
export const KEYS = ['a-bulk-key-for-faults', 'a-transactional-key-for-faults'] as const;

/** One for each source is enough, and a broker comes back the sooner. */
const SOURCE_PARTITIONS = 16;
const SILENT = { log: () => {} };

export class Rig {
  private readonly files: WriteStream[] = [];
  private readonly undo: (() => Promise<unknown> | unknown)[] = [];
  private parts: { readonly stack: Stack; readonly fleet: Fleet; readonly receivers: Receivers } | undefined;
  private firstPort = 0;

  constructor(private readonly options: RigOptions) {}

  /**
   * Goes no further when the signal is aborted.
   *
   * @throws Error for what cannot be started; `stop` ends what was
   */
  async start(signal: AbortSignal): Promise<void> {
    const { folder, brokers, book, say } = this.options;
    for (const each of ['content', 'logs']) mkdirSync(join(folder, each), { recursive: true });
    say(`starting Kafka (${brokers} ${brokers === 1 ? 'broker' : 'brokers'}) and Redis`);
    const stack = await startStack({
      folder: join(folder, 'stack'),
      basePort: 'free',
      brokers: brokers === 1 ? 1 : 3,
      only: ['kafka', 'redis'],
      report: say,
    });
    this.undo.push(() => stack.down());
    const receivers = await Receivers.start(book, this.hostsFile);
    this.undo.push(() => receivers.stop());
    if (signal.aborted) return;
    await applyTopics(stack.addresses.kafka, { partitions: { 'mail.attempts': SOURCE_PARTITIONS } });
    this.firstPort = await freePortsInRow(INSTANCES.length + 1);
    writeFileSync(this.policyFile, faultsPolicy());
    const fleet = this.makeFleet(stack);
    this.undo.push(() => fleet.stop());
    this.parts = { stack, fleet, receivers };
    say(`starting ${INSTANCES.map(({ name }) => name).join(', ')}`);
    if (signal.aborted) return;
    await fleet.start();
    for (const { name } of INSTANCES) await becomesReady(this.url(name), name, signal);
  }

  /** SIGKILL to all there are; they stay away. */
  async killServices(): Promise<void> {
    await this.parts?.fleet.killAll();
  }

  get stack(): Stack {
    return this.started.stack;
  }

  get fleet(): Fleet {
    return this.started.fleet;
  }

  get receivers(): Receivers {
    return this.started.receivers;
  }

  /** With their releases. */
  get engines(): string {
    const versions = new Map(this.stack.servers.map(({ name, plan }) => [name.replace(/-\d$/, ''), plan.version]));
    const { brokers } = this.options;
    return `Kafka ${versions.get('kafka')} (${brokers === 1 ? 'one broker' : `${brokers} brokers`}) and Redis ${versions.get('redis')}`;
  }

  get disks(): Disks {
    return this.options.disks ?? Disks.none;
  }

  get clocks(): Clocks {
    return this.options.clocks ?? Clocks.none();
  }

  url(name: string): string {
    return `http://127.0.0.1:${this.firstPort + INSTANCES.findIndex((instance) => instance.name === name)}`;
  }

  get smtpPort(): number {
    return this.firstPort + INSTANCES.length;
  }

  /** A reader of its own; whoever asks closes it. */
  openLog(): Promise<KafkaLog> {
    const { brokers } = this.options;
    return openKafkaLog({
      brokers: [...this.stack.addresses.kafka],
      clientId: 'penstock-faults',
      telemetry: SILENT,
      allowSingleReplica: brokers === 1,
      // It consumes nothing, so nothing of it can end for good.
      onFatal: () => {},
    });
  }

  /** Of the mail that was taken; whoever asks closes it. */
  openContent() {
    const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry: SILENT };
    return openFolderContent({ ...world, folder: this.contentFolder, create: false });
  }

  /** What partitions lack, in words; undefined when each has all of its replicas in step. */
  async lackingReplicas(): Promise<string | undefined> {
    const kafka = new Kafka({
      brokers: [...this.stack.addresses.kafka],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1 },
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      const { topics } = await admin.fetchTopicMetadata();
      const all = topics.flatMap(({ partitions }) => partitions);
      const behind = all.filter(({ isr, replicas }) => isr.length < replicas.length).length;
      return behind > 0 ? `${behind} of ${all.length} partitions lack a replica` : undefined;
    } catch (error) {
      return String(error);
    } finally {
      await admin.disconnect().catch(() => {});
    }
  }

  /** FLUSHALL. */
  async flushRedis(): Promise<void> {
    const redis = new Redis(this.stack.addresses.redis, { maxRetriesPerRequest: 1, lazyConnect: true });
    redis.on('error', () => {});
    try {
      await redis.connect();
      await redis.flushall();
    } finally {
      redis.disconnect();
    }
  }

  /** In the opposite order of the start; goes on where something cannot be ended, and says so. */
  async stop(): Promise<void> {
    for (let last = this.undo.pop(); last; last = this.undo.pop()) {
      try {
        await last();
      } catch (error) {
        this.options.say(`could not be ended: ${error}`);
      }
    }
    for (const file of this.files) file.end();
  }

  private get started() {
    if (!this.parts) throw new Error('the rig has not started');
    return this.parts;
  }

  private get contentFolder(): string {
    return this.disks.path('content') ?? join(this.options.folder, 'content');
  }

  private get policyFile(): string {
    return join(this.options.folder, 'policy.toml');
  }

  private get hostsFile(): string {
    return join(this.options.folder, 'hosts.json');
  }

  private makeFleet(stack: Stack): Fleet {
    const { folder, say, onEndedAlone } = this.options;
    const secretKey = randomBytes(32).toString('hex');
    const logs = new Map(INSTANCES.map(({ name }) => [name, createWriteStream(join(folder, 'logs', `${name}.log`))]));
    this.files.push(...logs.values());
    return new Fleet({
      environmentOf: (instance, index) => this.environmentOf(instance, index, stack, secretKey),
      say,
      onEndedAlone,
      onLine: (instance, line) => void logs.get(instance)?.write(`${new Date().toISOString()} ${line}\n`),
    });
  }

  private environmentOf({ name }: Instance, index: number, stack: Stack, secretKey: string) {
    const { folder, brokers } = this.options;
    const [bulk, transactional] = KEYS;
    return {
      PATH: process.env.PATH,
      ...this.clocks.environmentOf(name),
      PENSTOCK_INSTANCE: name,
      PENSTOCK_KAFKA_BROKERS: stack.addresses.kafka.join(','),
      PENSTOCK_ALLOW_SINGLE_REPLICA: brokers === 1 ? 'on' : 'off',
      PENSTOCK_HTTP_PORT: String(this.firstPort + index),
      PENSTOCK_SMTP_PORT: String(this.smtpPort),
      PENSTOCK_CONTENT: this.contentFolder,
      PENSTOCK_STATE_DIR: this.disks.path(name) ?? join(folder, name),
      PENSTOCK_SECRET_KEY: secretKey,
      PENSTOCK_CONFIG: this.policyFile,
      PENSTOCK_SANDBOX_HOSTS: this.hostsFile,
      PENSTOCK_READ_MODELS: 'redis',
      PENSTOCK_REDIS_URL: stack.addresses.redis,
      PENSTOCK_API_KEY: bulk,
      PENSTOCK_API_KEYS: `default:transactional:${transactional}`,
      PENSTOCK_LOG_LEVEL: 'info',
    };
  }
}
