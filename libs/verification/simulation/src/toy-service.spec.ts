/** The rig itself, on a service small enough to be right by reading it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { factId, type Processed } from '@penstock/events';
import type { PartitionHandler, StoredRecord } from '@penstock/ports';
import { FAULTS, FaultPlan } from './faults/fault-plan.ts';
import { isolatedRun } from './isolated-run.ts';
import { SimulatedCluster, type SimulatedPorts } from './simulated-cluster.ts';
import type { SimulatedProcess } from './simulated-process.ts';
import { Simulation } from './simulation.ts';

const SITES = [{ name: 'gmail', domains: ['gmail.test'], mxHosts: ['mx.gmail.test'], addresses: ['198.18.0.1'] }];
const SMTP_TIMEOUTS = { connectMs: 1, bannerMs: 1, commandMs: 1, dataMs: 1, finalDotMs: 1 };

/** Hands every accepted mail to the world until it takes it, then records its position: at least once. */
function toyCourier(ports: SimulatedPorts, act: () => void = () => {}): PartitionHandler<'mail.events'> {
  const deliver = async (recipient: string): Promise<boolean> => {
    const target = { host: 'mx.gmail.test', address: '198.18.0.1', port: 25, ehlo: 'toy.test' };
    const session = await ports.transport.connect({ ...target, tls: 'Disabled', timeouts: SMTP_TIMEOUTS });
    const envelope = { mailFrom: '', recipients: [recipient], eightBit: false, smtpUtf8: false };
    const result = await session.send({ ...envelope, content: [] });
    session.abort();
    return result.kind === 'answered' && result.recipients.every(({ accepted }) => accepted);
  };
  const persist = async (attempt: () => Promise<boolean>): Promise<void> => {
    while (!(await attempt().catch(() => false))) await ports.timers.sleep(50);
  };
  const done = () => true;
  return {
    assigned: async (partition) => (await ports.log.committed('toy', 'mail.events', partition)) ?? 0,
    batch: async (partition, records) => {
      act();
      for (const { record } of records) await persist(() => deliver(record.messageId ?? ''));
      const next = (records.at(-1)?.offset ?? 0) + 1;
      await persist(() => ports.log.commit('toy', 'mail.events', partition, next).then(done));
    },
    revoked: async () => {},
    failed: (_partition, error) => ports.telemetry.log('error', String(error)),
  };
}

interface Outcome {
  readonly cluster: SimulatedCluster;
  readonly digest: string;
}

const MAILS = 8;

function everyoneServed(cluster: SimulatedCluster): boolean {
  return cluster.world.accepted.size === MAILS;
}

async function run(seed: number, act?: () => void): Promise<Outcome> {
  const simulation = new Simulation(seed);
  const cluster = new SimulatedCluster(simulation, SITES);
  await isolatedRun(simulation, async () => {
    for (let i = 0; i < MAILS; i++) {
      cluster.log.store({ topic: 'mail.events', partition: 0, records: [processed(`mail${i}`, simulation.now)] });
    }
    let process = start(cluster, act);
    simulation.observe(() => {
      if (!cluster.faults.happens('crash_dispatcher')) return;
      process.crash();
      process = start(cluster, act);
    });
    await simulation.runUntil(() => everyoneServed(cluster), { maxSteps: 3_000, maxMs: 600_000 });
    cluster.faults.switchOff();
    const result = await simulation.runUntil(() => everyoneServed(cluster), { maxSteps: 20_000, maxMs: 600_000 });
    assert.equal(result, 'reached');
  });
  return { cluster, digest: simulation.trace.digest() };
}

function start(cluster: SimulatedCluster, act?: () => void): SimulatedProcess {
  const process = cluster.boot('toy');
  const ports = cluster.ports(process);
  const handler = toyCourier(ports, act);
  void ports.log.join({ group: 'toy', topic: 'mail.events', handler });
  return process;
}

function processed(messageId: string, at: number): Processed {
  const deliveryId = `${messageId}.0.0`;
  return {
    id: factId(deliveryId, 0, 'processed', ''),
    type: 'processed',
    version: 1,
    at,
    partition: 0,
    deliveryId,
    messageId,
    body: {
      content: { body: 'b', recipient: 'r' },
      index: 0,
      domain: 'gmail.test',
      recipientHash: '',
      class: 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 1,
      protocol: 'http',
      expanded: false,
    },
  };
}

describe('the rig', () => {
  test('a service that is right serves everybody under every seed', async () => {
    for (let seed = 1; seed <= 100; seed++) await run(seed);
  });

  test('the same seed takes the same steps', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      assert.equal((await run(seed)).digest, (await run(seed)).digest, `seed ${seed}`);
    }
    assert.notEqual((await run(1)).digest, (await run(2)).digest);
  });

  test('code that reaches past its ports is found out', async () => {
    await assert.rejects(
      run(1, () => Math.random()),
      /random was called in a simulation/,
    );
    await assert.rejects(
      run(1, () => void new Date()),
      /new Date\(\) was called in a simulation/,
    );
    assert.ok(Math.random() < 1 && Date.now() > 0, 'the globals are back');
  });

  test('an unlistened rejection ends the run', async () => {
    const leak = () => void Promise.reject(new Error('nobody listens'));
    await assert.rejects(run(1, leak), /nobody listens/);
  });

  test('chance of one name does not depend on what others draw', () => {
    const alone = new Simulation(7);
    const beside = new Simulation(7);
    beside.random('other').next();
    assert.equal(alone.random('mine').next(), beside.random('mine').next());
    assert.notEqual(alone.random('mine').next(), alone.random('other').next());
  });

  test('no fault happens once they are switched off', () => {
    const simulation = new Simulation(3);
    const plan = new FaultPlan(simulation, new Map(FAULTS.map((fault) => [fault, 1])));
    assert.ok(plan.happens('ack_lost'));
    plan.switchOff();
    assert.ok(!plan.happens('ack_lost'));
  });
});

describe('a process', () => {
  const withProcess = async (body: (simulation: Simulation, cluster: SimulatedCluster) => Promise<void>) => {
    const simulation = new Simulation(1);
    await body(
      simulation,
      new SimulatedCluster(simulation, SITES, new FaultPlan(simulation, new Map([['state_lost', 0]]))),
    );
  };
  const rest = { maxSteps: 1_000, maxMs: 10_000 };

  test('that dies hears nothing more, and what it had sent still arrives', () =>
    withProcess(async (simulation, cluster) => {
      const process = cluster.boot('p');
      const { log, timers } = cluster.ports(process);
      let heard = 0;
      const record = processed('m', simulation.now);
      void log.append([{ topic: 'mail.events', partition: 0, records: [record] }]).then(() => heard++);
      timers.after(1, () => heard++);
      process.crash();
      assert.equal(await simulation.runUntil(() => false, rest), 'quiet');
      assert.equal(heard, 0);
      assert.equal(cluster.log.records('mail.events', 0).length, 1);
    }));

  test('may not change what it reads', () =>
    withProcess(async (simulation, cluster) => {
      cluster.log.store({ topic: 'mail.events', partition: 0, records: [processed('m', simulation.now)] });
      const [stored] = cluster.log.records('mail.events', 0) as readonly StoredRecord<'mail.events'>[];
      assert.throws(() => Object.assign(stored?.record.body ?? {}, { domain: 'other.test' }), TypeError);
    }));

  test('may lose the tail of what it wrote behind, values and positions together', () =>
    withProcess(async (simulation, cluster) => {
      const store = await cluster.ports(cluster.boot('p')).state.open('s');
      for (let i = 1; i <= 20; i++) {
        void store.write({ puts: [{ key: 'k', value: i }], positions: new Map([['p', i]]) });
        await simulation.runUntil(() => false, rest);
      }
      await cluster.disk('p').lose();
      const kept = await cluster.disk('p').store('s').get('k');
      const position = (await cluster.disk('p').store('s').positions()).get('p');
      assert.equal(kept, position);
      assert.ok(kept === undefined || Number(kept) < 20);
    }));
});
