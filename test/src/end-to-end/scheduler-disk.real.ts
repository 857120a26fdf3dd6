/**
 * Schedulers that lose their disks in mid-run, mail pending: one is started again without its folder, another host takes
 * the place of the second. They go on from the copies beside the content, and from the log where a copy is damaged.
 * PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS (host:port) name the engines that run, else they are started here.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient, PlatformApi, type Timeline } from '@penstock/cli';
import { until } from '../fixtures/until.ts';
import { findEngines } from './apart/engines.ts';
import { freePorts } from './apart/free-ports.ts';
import { Load, type LoadMail } from './apart/load.ts';
import { SECOND_TRY_DOMAIN, SecondTry } from './apart/second-try.ts';
import type { ServiceProcess } from './apart/service-process.ts';
import { Services } from './apart/services.ts';
import { becomesReady, everyoneReady, settled } from './apart/waiting.ts';

const KEY = 'a-key-for-schedulers-without-disk';
const PARTITIONS = 8;
/** The last quarter is for transactional mail, of which there is none here. */
const USED_PARTITIONS = 6;
/** Longer than it takes until a killed scheduler is missed: what is due then was pending when the disk went. */
const WAIT_S = 35;
const SANDBOX_POLICY = new URL('../../../infra/policy/sandbox.toml', import.meta.url);

interface Told {
  readonly event: string;
  readonly partition: number;
}

describe('schedulers whose disks are removed in mid-run', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-disk-'));
  const secondTry = new SecondTry();
  const sendAt = new Map<string, number>();
  const told: Told[] = [];
  let stop: () => Promise<unknown> = async () => {};
  let services: Services;
  let second: ServiceProcess;
  let load: Load;
  let api: PlatformApi;

  /** Mail that is sent at once, mail for later, and mail that is deferred. */
  function mail(index: number): LoadMail {
    if (index % 4 === 0) {
      const recipient = `later-${index}@apart.example`;
      const at = Math.ceil(Date.now() / 1_000) + WAIT_S;
      sendAt.set(recipient, at * 1_000);
      return { recipient, sendAt: at };
    }
    if (index % 4 === 1) return { recipient: `again-${index}@${SECOND_TRY_DOMAIN}` };
    return { recipient: `now-${index}@apart.example` };
  }

  const partitionsOf = (event: string) =>
    new Set(told.filter((each) => each.event === event).map((each) => each.partition));

  before(async () => {
    const engines = await findEngines(join(folder, 'stack'));
    stop = engines.stop;
    writeFileSync(join(folder, 'policy.toml'), patientPolicy());
    services = await Services.start({
      ...engines,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      directory: secondTry.directory,
      partitions: { 'mail.events': PARTITIONS, 'mail.attempts': 8 },
      environment: {
        ...process.env,
        PENSTOCK_API_KEY: KEY,
        PENSTOCK_CONFIG: join(folder, 'policy.toml'),
        PENSTOCK_KAFKA_PREFIX: `disk-${process.pid}-`,
        PENSTOCK_STATE_COPY_EVERY: '5s',
        PENSTOCK_LOG_LEVEL: 'info',
      },
      onLine: (name, line) => {
        if (name === 'scheduler' && line.startsWith('{')) told.push(JSON.parse(line) as Told);
      },
    });
    second = await services.add('scheduler', 'second');
    load = new Load({ url: services.url('ingest'), smtpPort: services.ports.smtp, key: KEY, mail });
    api = new PlatformApi(new HttpClient({ url: services.url('projector'), key: KEY }));
    await everyoneReady(services);
    await becomesReady(second.url, 'the second scheduler');
  });

  after(async () => {
    load?.close();
    await services?.stop();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('go on from the copies of their state, or from the log where a copy is damaged', async () => {
    load.begin();
    await until(() => partitionsOf('state_copied').size >= USED_PARTITIONS, 'every partition with mail is copied');
    const before = load.accepted.size;
    await until(() => load.accepted.size > before, 'mail is accepted after the copies');
    const [damaged = 0] = partitionsOf('state_copied');

    await Promise.all([services.service('scheduler').kill(), second.kill()]);
    told.length = 0;
    damageCopies(join(folder, 'services', 'content', 'copies', `scheduler-${damaged}`));
    rmSync(join(folder, 'services', 'scheduler'), { recursive: true });
    const [third] = await Promise.all([services.add('scheduler', 'third'), services.service('scheduler').start()]);
    await load.end();
    await becomesReady(third.url, 'the scheduler of another host');
    await everyoneReady(services);

    const restored = partitionsOf('state_copy_restored');
    assert.deepEqual([...partitionsOf('state_copy_not_restored')], [damaged]);
    assert.ok(restored.size >= USED_PARTITIONS - 1, `restored ${[...restored]}`);
    assert.ok(!restored.has(damaged));
  });

  it('lose nothing, try nothing twice unmarked and nothing early', async () => {
    const deliveries = await settled(api, [...load.accepted.keys()]);
    assert.equal(deliveries.length, load.accepted.size);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);

    const timelines = new Map<string, Timeline>();
    for (const { deliveryId } of deliveries) {
      const timeline = await api.timeline(deliveryId);
      timelines.set(timeline.messageId, timeline);
    }
    let repeated = 0;
    for (const [messageId, recipient] of load.accepted) {
      const received = services.sandbox.mailFor(recipient);
      const marked = markedReleases(timelines.get(messageId));
      assert.ok(received.length >= 1, `${recipient} has its mail`);
      assert.ok(received.length <= 1 + marked, `${recipient} got ${received.length}, of ${marked} marked repeats`);
      repeated += received.length - 1;
      const tries = secondTry.tries.get(recipient);
      if (tries) assert.ok(tries.length <= 2 + marked, `${recipient} was tried ${tries.length} times`);
      for (const { at } of received) assert.ok(at >= earliest(recipient), `${recipient} was sent early`);
    }
    console.log(`accepted ${load.accepted.size}, refused ${load.refused}, delivered again and marked ${repeated}`);
  });

  function earliest(recipient: string): number {
    const [first] = secondTry.tries.get(recipient) ?? [];
    return sendAt.get(recipient) ?? (first === undefined ? 0 : first + WAIT_S * 1_000);
  }
});

/** Retries come after a wait that is always the same. */
function patientPolicy(): string {
  const shipped = readFileSync(SANDBOX_POLICY, 'utf8');
  const changes = { retry_interval: `"${WAIT_S}s"`, max_retry_interval: '"60s"', jitter: '0.0', max_age: '"10m"' };
  return Object.entries(changes).reduce((text, [name, value]) => {
    assert.match(text, new RegExp(`^${name} = `, 'm'));
    return text.replace(new RegExp(`^${name} = .*`, 'm'), `${name} = ${value}`);
  }, shipped);
}

function damageCopies(copies: string): void {
  for (const copy of readdirSync(copies)) truncateSync(join(copies, copy, '0'), 10);
}

function markedReleases(timeline: Timeline | undefined): number {
  return timeline?.facts.filter(({ type, mayDuplicate }) => type === 'released' && mayDuplicate).length ?? 0;
}
