/**
 * Each process of services apart is ended with SIGTERM and started again under a load at which a receiver's limits bind;
 * what counts is what the receiver notes. Schedulers and dispatchers are two each, as where a restart is not to be felt.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from '../fixtures/until.ts';
import { type Engines, findEngines } from './apart/engines.ts';
import { freePorts } from './apart/free-ports.ts';
import { Load } from './apart/load.ts';
import type { ServiceName, ServiceProcess } from './apart/service-process.ts';
import { Services } from './apart/services.ts';
import { becomesReady, everyoneReady } from './apart/waiting.ts';
import { type Lateness, MailTimes } from './rolling/mail-times.ts';
import { CONNECTIONS, NARROW_DOMAIN, NarrowProvider, narrowPolicy, type Window } from './rolling/narrow-provider.ts';

const KEY = 'a-key-for-rolling-restarts';
/** Together a little less than both sources may send, in bursts that are more. */
const BURST = 20;
const BURST_EVERY_MS = 2_000;
const CALM_MS = 20_000;
/** After a process is back: its partitions return to it then. */
const SETTLING_MS = 12_000;
const WINDOW_MS = 10_000;
/** What a process may take for what is under way when it is ended. */
const DRAIN_MS = 10_000;
const SUITE_LIMIT_MS = 590_000;

interface Restart {
  readonly process: string;
  /** From SIGTERM until the process had ended. */
  readonly drainMs: number;
  /** From SIGTERM until it was ready again. */
  readonly awayMs: number;
  readonly mail: Lateness;
  readonly messages: Window;
  readonly connections: Window;
}

describe('processes of services apart, restarted one after the other', { timeout: SUITE_LIMIT_MS }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-rolling-'));
  const narrow = new NarrowProvider();
  const times = new MailTimes();
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  const restarts: Restart[] = [];
  let engines: Engines;
  let services: Services;
  let others: ReadonlyMap<ServiceName, ServiceProcess> = new Map();
  let load: Load;
  let stopped = false;
  let loading: Promise<void> = Promise.resolve();
  let calm: Lateness;

  before(async () => {
    const policy = join(folder, 'policy.toml');
    writeFileSync(policy, narrowPolicy());
    engines = await findEngines(join(folder, 'stack'));
    services = await Services.start({
      ...engines,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      directory: narrow.directory,
      partitions: { 'mail.events': 8 },
      environment: {
        ...process.env,
        PENSTOCK_API_KEY: KEY,
        PENSTOCK_CONFIG: policy,
        PENSTOCK_KAFKA_PREFIX: 'rolling.',
        PENSTOCK_INSTANCE: 'first',
      },
    });
    others = new Map([
      ['dispatcher', await services.add('dispatcher', 'second')],
      ['scheduler', await services.add('scheduler', 'second')],
    ]);
    load = new Load({
      url: services.url('ingest'),
      smtpPort: services.ports.smtp,
      key: KEY,
      mail: (index) => ({ recipient: `mail-${index}@${NARROW_DOMAIN}` }),
      onAccepted: (recipient) => times.accepted(recipient),
    });
    await everyoneReady(services);
    for (const [name, { url }] of others) await becomesReady(url, `the second ${name}`);
    stalls.enable();
    loading = bursts();
  });

  after(async () => {
    stopped = true;
    await loading;
    load?.close();
    await services?.stop();
    await engines?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function bursts(): Promise<void> {
    while (!stopped) await Promise.all([load.send(BURST), pause(BURST_EVERY_MS)]);
  }

  const received = () => services.sandbox.provider('narrow').observations.mail;

  /** Resolves when everything that was accepted so far has arrived. */
  const arrived = () =>
    until(() => times.lateness(received(), 0, Date.now()).lost === 0, 'everything that was accepted has arrived');

  async function restart(name: ServiceName, which: string, one: ServiceProcess): Promise<Restart> {
    const [since, sinceMonotonic] = [Date.now(), performance.now()];
    assert.equal(await one.stop(), 0, `${name} drains and ends with 0`);
    const drainMs = performance.now() - sinceMonotonic;
    await one.start();
    const url = which === 'first' ? services.url(name) : one.url;
    await becomesReady(url, name);
    const awayMs = performance.now() - sinceMonotonic;
    await pause(SETTLING_MS);
    const end = Date.now();
    await arrived();
    return {
      process: `${name}, ${which}`,
      drainMs: Math.round(drainMs),
      awayMs: Math.round(awayMs),
      mail: times.lateness(received(), since - BURST_EVERY_MS, end),
      messages: narrow.messagesWithin(WINDOW_MS, sinceMonotonic - WINDOW_MS),
      connections: narrow.connectionsWithin(WINDOW_MS, sinceMonotonic - WINDOW_MS),
    };
  }

  it('are all there, and the limits bind', async () => {
    await until(() => received().length >= 2 * BURST, 'mail arrives');
    await arrived();
    const [since, sinceMonotonic] = [Date.now(), performance.now()];
    await pause(CALM_MS);
    const end = Date.now();
    await arrived();
    calm = times.lateness(received(), since, end);
    const { most, limit } = narrow.messagesWithin(1_000, sinceMonotonic);
    console.log(`undisturbed: ${JSON.stringify(calm)}, ${most} of ${limit} messages in the busiest second`);
    assert.ok(most >= limit - 2, `only ${most} of ${limit} messages in the busiest second: the limit does not bind`);
  });

  it('lose nothing', async () => {
    for (const name of ['projector', 'dispatcher', 'scheduler', 'ingest'] as const) {
      restarts.push(await restart(name, 'first', services.service(name)));
      const other = others.get(name);
      if (other) restarts.push(await restart(name, 'second', other));
    }
    console.table(restarts.map(row));
    console.log(`accepted ${load.accepted.size}, refused while ingest was away ${load.refused}, stalls here up to`);
    console.log(`${Math.round(stalls.max / 1e6)} ms, most connections of one source at once ${narrow.mostOpen}`);
    for (const { process: name, mail } of restarts) assert.equal(mail.lost, 0, name);
  });

  function row({ process: name, drainMs, awayMs, mail, messages, connections }: Restart) {
    return {
      process: name,
      'drain ms': drainMs,
      'away ms': awayMs,
      mails: mail.mails,
      'longest gap ms': mail.gapMs,
      'late ms': Math.max(0, mail.mostMs - calm.mostMs),
      again: mail.again,
      'messages in 10 s': `${messages.most} of ${messages.limit}`,
      'connections in 10 s': `${connections.most} of ${connections.limit}`,
    };
  }

  it('make no mail late by more than the time that a process has to drain', () => {
    for (const { process: name, mail } of restarts)
      assert.ok(mail.mostMs - calm.mostMs <= DRAIN_MS, `${name}: ${mail.mostMs} ms, undisturbed ${calm.mostMs} ms`);
  });

  it('never pass a limit as the receiver counts, handovers of sources included', () => {
    // What left in time may be noted late, by as long as this process itself stood still.
    const stalledMs = stalls.max / 1e6;
    assert.ok(narrow.mostOpen <= CONNECTIONS.atOnce, `${narrow.mostOpen} connections at once`);
    for (const windowMs of [1_000, WINDOW_MS]) {
      for (const kind of ['messagesWithin', 'connectionsWithin'] as const) {
        const { most } = narrow[kind](windowMs, 0);
        const { limit } = narrow[kind](windowMs + stalledMs, 0);
        assert.ok(most <= limit, `${kind} ${windowMs} ms: ${most}, ${limit} allowed`);
      }
    }
  });
});
