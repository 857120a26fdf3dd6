import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ApiKey } from '@penstock/access';
import { derivedId, type Fact, type Topic } from '@penstock/events';
import type { Ingest } from '@penstock/ingest';
import { policyVersion } from '@penstock/policy';
import type { Consumer, EventLog, PenstockService } from '@penstock/ports';
import { FaultPlan, isolatedRun, SimulatedCluster, type SimulatedPorts, Simulation } from '@penstock/simulation';
import { SERVICES } from './services.ts';
import { PARTITIONS, policyText, SITES } from './surroundings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** A circle of releases takes thousands of steps a minute. */
const STEPS = { maxSteps: 5000, maxMs: MINUTE };

const POLICY = policyText({ maxAge: '10m', attemptMax: '1m' });

/** One machine: every service reads its wall clock, which somebody sets. */
class Machine {
  readonly simulation = new Simulation(1);
  private readonly cluster = new SimulatedCluster(
    this.simulation,
    SITES,
    new FaultPlan(this.simulation, new Map()),
    PARTITIONS,
  );
  private setByMs = 0;
  private ingest: Ingest | undefined;

  async start(): Promise<void> {
    const body = { policyVersion: policyVersion(POLICY), text: POLICY, changedBy: 'spec' };
    const head = { id: derivedId('policy', 1), version: 1, at: this.simulation.now, partition: 0 } as const;
    this.cluster.log.store({
      topic: 'mail.control',
      partition: 0,
      records: [{ ...head, type: 'policy_changed', body }],
    });
    this.simulation.after(0, 'everything starts', () => {
      this.join('dispatcher', SERVICES.dispatcher);
      this.join('scheduler', SERVICES.scheduler);
      this.ingest = this.join('ingest', SERVICES.ingest);
    });
    await this.simulation.runUntil(() => this.ingest !== undefined && this.ingest.notReady() === undefined, STEPS);
  }

  set(byMs: number): void {
    this.setByMs += byMs;
  }

  send(address: string): void {
    const request = {
      from: { email: 'news@sender.example' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'A short message.' }],
      personalizations: [{ to: [{ email: address }] }],
    };
    const key: ApiKey = { tenant: 'acme', class: 'bulk', scopes: new Set(['mail']) };
    this.simulation.after(0, `send to ${address}`, () => void this.ingest?.mailSend.send(request, key));
  }

  count(type: Fact['type']): number {
    let count = 0;
    for (let partition = 0; partition < PARTITIONS['mail.events']; partition++) {
      const records = this.cluster.log.data.read('mail.events', partition, 0, 100_000);
      count += records.filter(({ record }) => record.type === type).length;
    }
    return count;
  }

  private join<S extends PenstockService>(name: string, make: (ports: SimulatedPorts) => S): S {
    const process = this.cluster.boot(name);
    const ports = this.cluster.ports(process);
    const clock = { now: () => process.clock.now() + this.setByMs, monotonic: () => process.clock.monotonic() };
    const service = make({ ...ports, clock });
    joinAll(service, ports.log).catch((error: unknown) => this.simulation.fail(error));
    return service;
  }
}

async function joinAll(service: PenstockService, log: EventLog): Promise<void> {
  await service.start();
  for (const consumer of service.consumers) await joinOne(log, consumer);
}

async function joinOne<T extends Topic>(log: EventLog, consumer: Consumer<T>): Promise<void> {
  await log.join(consumer);
}

describe('a wall clock that somebody sets', () => {
  for (const byMs of [HOUR, -5 * MINUTE]) {
    it(`${byMs > 0 ? 'forward' : 'back'} stops no mail and sends none in a circle`, async () => {
      const machine = new Machine();
      await isolatedRun(machine.simulation, async () => {
        await machine.start();
        machine.send('user.1@acme.example');
        await machine.simulation.runUntil(() => machine.count('delivered') === 1, STEPS);
        machine.set(byMs);
        machine.send('user.2@acme.example');
        await machine.simulation.runUntil(() => machine.count('delivered') === 2, STEPS);
      });
      assert.equal(machine.count('delivered'), 2);
      assert.equal(machine.count('released'), 2);
      assert.equal(machine.count('handed_back'), 0);
    });
  }
});
