/**
 * The four services over three brokers, of which the one that leads most partitions of `mail.events` is killed under load,
 * again and again; at the end clients, log and receiver are held against each other.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KafkaLog, openKafkaLog } from '@penstock/adapter-kafka';
import { openFolderContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { type Stack, startStack } from '@penstock/local-stack';
import { freePorts } from '../../end-to-end/apart/free-ports.ts';
import { Services } from '../../end-to-end/apart/services.ts';
import { until } from '../../end-to-end/mail-watch.ts';
import { BrokerLeaders, startAgain } from '../../fixtures/broker-leaders.ts';
import { CountingSink } from '../../fixtures/counting-sink.ts';
import { InsistentClients } from '../insistent-clients.ts';
import { deliveriesByAddress, LogAudit } from '../log-audit.ts';
import { reckon } from '../reckoning.ts';
import { sinkPolicy } from '../sink-policy.ts';

export interface KilledLeadersOptions {
  readonly messages: number;
  /** How often a leader is killed. */
  readonly kills: number;
  /** Told of each kill when the broker is back. */
  readonly told?: (kill: BrokerKill) => void;
}

export interface BrokerKill {
  readonly broker: number;
  /** Partitions of `mail.events` it led. */
  readonly led: number;
  /** Recipients acknowledged when it was killed, and when its copies were in sync again. */
  readonly acknowledged: number;
  readonly acknowledgedWhenBack: number;
  /** From the kill to the next acknowledgement. */
  readonly stallMs: number;
}

export interface KilledLeadersReport {
  /** Recipients whose submission was answered with 202 or 250. */
  readonly acknowledged: number;
  /** Deliveries of the log, those of submissions without an answer too. */
  readonly deliveries: number;
  /** Copies too many, each of a release that says it may be one. */
  readonly duplicates: number;
  /** Tries that were refused or not answered, each made again under another address. */
  readonly triesAgain: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly kills: readonly BrokerKill[];
  readonly tookMs: number;
}

const API_KEY = 'leader-killed-key';
const BROKERS = 3;
const NAMES = ['ingest', 'scheduler', 'dispatcher', 'projector'] as const;
const SESSIONS = 10;
const CLEARED = { withinMs: 300_000 };
const REACHED = { withinMs: 300_000 };
const SILENT = { log: () => {} };

/** @throws Error that says which promise was broken, and for whom */
export async function killLeaders(options: KilledLeadersOptions): Promise<KilledLeadersReport> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-leaders-'));
  const run = new Run(options, folder);
  try {
    await run.begin();
    return await run.story();
  } finally {
    await run.end();
    await rm(folder, { recursive: true, force: true });
  }
}

class Run {
  private readonly sink = new CountingSink();
  private stack: Stack | undefined;
  private services: Services | undefined;
  private leaders: BrokerLeaders | undefined;
  private log: KafkaLog | undefined;
  /** Recipients that may be acknowledged before the next kill is over. */
  private allowed = 0;
  private waiting: (() => void)[] = [];

  constructor(
    private readonly options: KilledLeadersOptions,
    private readonly folder: string,
  ) {}

  async begin(): Promise<void> {
    const { folder } = this;
    const config = join(folder, 'policy.toml');
    await writeFile(config, sinkPolicy(await this.sink.start()));
    await mkdir(this.content);
    this.stack = await startStack({
      folder: join(folder, 'stack'),
      basePort: 'free',
      brokers: BROKERS,
      only: ['kafka'],
    });
    const brokers = this.stack.addresses.kafka;
    this.services = await Services.start({
      folder: join(folder, 'services'),
      brokers,
      ports: await freePorts(),
      environment: {
        ...process.env,
        PENSTOCK_API_KEY: API_KEY,
        PENSTOCK_CONFIG: config,
        PENSTOCK_CONTENT: this.content,
      },
    });
    this.leaders = await BrokerLeaders.of(brokers, 'mail.events');
    this.log = await openKafkaLog({ brokers, clientId: 'audit', telemetry: SILENT, onFatal: () => {} });
  }

  async end(): Promise<void> {
    this.allow(Number.POSITIVE_INFINITY);
    await Promise.allSettled([this.leaders?.close(), this.log?.close()]);
    await this.services?.stop();
    await this.stack?.down({ wipe: true });
    await this.sink.stop();
  }

  async story(): Promise<KilledLeadersReport> {
    const { log } = this;
    if (!log) throw new Error('the run has not begun');
    const beganAt = performance.now();
    await until(() => this.ready(), Boolean, REACHED);
    const clients = new InsistentClients({
      messages: this.options.messages,
      sessions: SESSIONS,
      apiKey: API_KEY,
      platform: async () => this.doors(clients),
    });
    const [kills] = await Promise.all([this.killing(clients), clients.run()]);
    const audit = new LogAudit(log);
    await until(
      () => this.cleared(clients, audit),
      (left) => left.length === 0,
      CLEARED,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.said()}`);
    });
    const content = await openFolderContent({
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      telemetry: SILENT,
      folder: this.content,
      create: false,
    });
    const deliveries = await deliveriesByAddress(content, audit.fold);
    await content.close();
    const duplicates = reckon({ acknowledged: clients.acknowledged, deliveries, sink: this.sink });
    const refusals = Object.fromEntries(clients.refusals);
    return {
      acknowledged: clients.acknowledged.size,
      deliveries: deliveries.size,
      duplicates,
      triesAgain: Object.values(refusals).reduce((sum, count) => sum + count, 0),
      refusals,
      kills,
      tookMs: Math.round(performance.now() - beganAt),
    };
  }

  private get content(): string {
    return join(this.folder, 'content');
  }

  private async doors(clients: InsistentClients) {
    while (clients.acknowledged.size >= this.allowed) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const { services } = this;
    if (!services) throw new Error('the run has ended');
    return { url: services.url('ingest'), smtpHost: '127.0.0.1', smtpPort: services.ports.smtp };
  }

  private allow(recipients: number): void {
    this.allowed = recipients;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  /** A part of the load for each, so that it is under load however long the brokers take. */
  private async killing(clients: InsistentClients): Promise<readonly BrokerKill[]> {
    const { messages, kills } = this.options;
    const done: BrokerKill[] = [];
    const part = messages / (kills + 1);
    for (let n = 1; n <= kills; n++) {
      await until(() => this.leadersOf.inSync(BROKERS), Boolean, REACHED);
      this.allow(part * (n + 0.5));
      await clients.reached(part * n);
      const kill = await this.kill(clients);
      this.options.told?.(kill);
      done.push(kill);
    }
    this.allow(Number.POSITIVE_INFINITY);
    return done;
  }

  private async kill(clients: InsistentClients): Promise<BrokerKill> {
    const { broker, leads } = await this.leadersOf.busiest();
    const server = this.stack?.broker(broker);
    if (!server) throw new Error(`no broker ${broker}`);
    await server.kill();
    const acknowledged = clients.acknowledged.size;
    const killedAt = performance.now();
    // What was acknowledged, and not yet read, when it died does not count.
    await clients.reached(acknowledged + SESSIONS * 5);
    const stallMs = Math.round(performance.now() - killedAt);
    await startAgain(server);
    await until(() => this.leadersOf.inSync(BROKERS), Boolean, REACHED);
    return { broker, led: leads, acknowledged, acknowledgedWhenBack: clients.acknowledged.size, stallMs };
  }

  private get leadersOf(): BrokerLeaders {
    if (!this.leaders) throw new Error('the run has not begun');
    return this.leaders;
  }

  /** What the services printed last, for whoever has to find out why something does not happen. */
  private said(): string {
    return NAMES.map((name) => `${name}:\n${this.services?.service(name).output}`).join('\n\n');
  }

  private async ready(): Promise<boolean> {
    const { services } = this;
    if (!services) return false;
    const answers = await Promise.all(NAMES.map((name) => fetch(`${services.url(name)}/health/ready`)));
    return answers.every(({ status }) => status === 200);
  }

  /** What is still to come. */
  private async cleared({ acknowledged }: InsistentClients, audit: LogAudit): Promise<readonly string[]> {
    await audit.readOn();
    const left: string[] = [];
    if (audit.fold.pending > 0) left.push(`${audit.fold.pending} deliveries without an end`);
    const missing = [...acknowledged].filter((address) => !this.sink.taken.has(address));
    if (missing.length > 0) left.push(`${missing.length} acknowledged and not arrived, ${missing[0]} first`);
    if (audit.fold.deliveries.size < acknowledged.size) left.push('fewer deliveries than acknowledged recipients');
    return left;
  }
}
