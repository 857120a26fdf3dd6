/**
 * Two processes of each service, and then one of each killed: the other takes its part, sources included. Read models in
 * Redis, timelines in the peer that stands for EventStoreDB. A killed dispatcher's source rests for 60 s, so this takes
 * more than a minute. PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS (host:port) name the engines that run, else they are
 * started here.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EventStorePeer } from '@penstock/adapter-eventstore/peer';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { type DirectoryEntry, HEALTHY_PROVIDER, SANDBOX_DIRECTORY } from '@penstock/testing';
import { until } from '../fixtures/until.ts';
import { findEngines } from './apart/engines.ts';
import { freePorts } from './apart/free-ports.ts';
import { Load } from './apart/load.ts';
import type { ServiceProcess } from './apart/service-process.ts';
import { Services, START_ORDER } from './apart/services.ts';
import { becomesReady, everyoneReady, settled } from './apart/waiting.ts';

const KEY = 'a-key-for-several-processes';
const SECOND = 'second';
const ADDRESSES = ['127.0.0.2', '127.0.0.3'];
const SANDBOX_POLICY = new URL('../../../infra/policy/sandbox.toml', import.meta.url);

describe('two processes of each service', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-several-'));
  const peer = new EventStorePeer(true);
  /** Addresses that mail came from, since it was last forgotten. */
  const seen = new Set<string>();
  const others: ServiceProcess[] = [];
  const loads: Load[] = [];
  let stop: () => Promise<unknown> = async () => {};
  let services: Services;

  before(async () => {
    await peer.start();
    const engines = await findEngines(join(folder, 'stack'));
    stop = engines.stop;
    writeFileSync(join(folder, 'policy.toml'), policyOfTwoAddresses());
    services = await Services.start({
      ...engines,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      directory: watchedDirectory(seen),
      partitions: { 'mail.events': 8, 'mail.attempts': 8 },
      environment: {
        ...process.env,
        PENSTOCK_API_KEY: KEY,
        PENSTOCK_CONFIG: join(folder, 'policy.toml'),
        PENSTOCK_KAFKA_PREFIX: `several-${process.pid}-`,
        PENSTOCK_ARCHIVE: 'eventstore',
        PENSTOCK_EVENTSTORE_URL: peer.connectionString,
      },
    });
    others.push(...(await Promise.all(START_ORDER.map((name) => services.add(name, SECOND)))));
    const doors = [
      { url: services.url('ingest'), smtpPort: services.ports.smtp },
      { url: other('ingest').url, smtpPort: other('ingest').smtpPort },
    ];
    for (const [door, { url, smtpPort }] of doors.entries()) {
      const mail = (index: number) => ({ recipient: `door-${door}-mail-${index}@apart.example` });
      loads.push(new Load({ url, smtpPort, key: KEY, mail }));
    }
    await everyoneReady(services);
    await othersReady();
  });

  after(async () => {
    for (const load of loads) load.close();
    await services?.stop();
    await stop();
    peer.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('share the work: mail comes in at both doors and leaves from the sources of both dispatchers', async () => {
    for (const load of loads) load.begin();
    await bothAddressesSeen('before anybody is killed');
    for (const load of loads) await until(() => load.accepted.size >= 10, 'mail is accepted at both doors');
  });

  it('take over from those that are killed', async () => {
    await Promise.all(START_ORDER.map((name) => services.service(name).kill()));
    const [, door] = loads;
    assert.ok(door);
    const killed = door.accepted.size;
    await until(() => door.accepted.size >= killed + 10, 'mail is accepted by the ingest that is left');
    seen.clear();
    await bothAddressesSeen('from the dispatcher that is left');
    await othersReady();
  });

  it('lose nothing, and deliver nothing twice unmarked', async () => {
    await Promise.all(loads.map((load) => load.end()));
    const api = new PlatformApi(new HttpClient({ url: other('projector').url, key: KEY }));
    const accepted = new Map(loads.flatMap((load) => [...load.accepted]));
    const deliveries = await settled(api, [...accepted.keys()]);
    assert.equal(deliveries.length, accepted.size);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);
    let repeated = 0;
    for (const { deliveryId } of deliveries) {
      const { messageId, facts } = await api.timeline(deliveryId);
      const marked = facts.filter(({ type, mayDuplicate }) => type === 'released' && mayDuplicate).length;
      const copies = services.sandbox.mailFor(accepted.get(messageId) ?? '').length;
      assert.ok(copies >= 1, `${messageId} was received`);
      assert.ok(copies <= 1 + marked, `${messageId} was received ${copies} times, with ${marked} marked repeats`);
      repeated += copies - 1;
    }
    const refused = loads.map((load) => load.refused).join(' and ');
    console.log(`accepted ${accepted.size}, refused ${refused}, received again and marked ${repeated}`);
  });

  function other(name: (typeof START_ORDER)[number]): ServiceProcess {
    const found = others[START_ORDER.indexOf(name)];
    if (!found) throw new Error(`there is no second ${name}`);
    return found;
  }

  async function othersReady(): Promise<void> {
    for (const [index, { url }] of others.entries()) {
      await becomesReady(url, `the second ${START_ORDER[index]}`);
    }
  }

  async function bothAddressesSeen(when: string): Promise<void> {
    await until(() => ADDRESSES.every((address) => seen.has(address)), `mail leaves from both addresses ${when}`);
  }
});

/** The shipped one, with an address of its own for each source, and more patience than a takeover takes. */
function policyOfTwoAddresses(): string {
  const shipped = readFileSync(SANDBOX_POLICY, 'utf8').replace(/^max_age = .*/m, 'max_age = "10m"');
  return ADDRESSES.reduce((text, address) => text.replace('bind = "127.0.0.1"', `bind = "${address}"`), shipped);
}

function watchedDirectory(seen: Set<string>): readonly DirectoryEntry[] {
  return SANDBOX_DIRECTORY.map((entry) => {
    if (entry.name !== HEALTHY_PROVIDER) return entry;
    const rcptTo = ({ client }: { readonly client: string }) => void seen.add(client);
    return { ...entry, character: () => ({ rcptTo }) };
  });
}
