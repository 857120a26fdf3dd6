/** A long and quiet run: the same rig, hours of virtual time, an hourly campaign, and limits by the hour. */
import type { ApiKey } from '@penstock/access';
import type { Ingest } from '@penstock/ingest';
import { parsePolicy } from '@penstock/policy';
import { FaultPlan, isolatedRun, SimulatedCluster, Simulation } from '@penstock/simulation';
import { Answers } from './answers.ts';
import { ONE_PROCESS } from './arrangement.ts';
import { watchAttempts } from './checkers.ts';
import { Ledger } from './ledger.ts';
import { kindOf } from './marks.ts';
import { watchLimits } from './receiver-limits.ts';
import { publishPolicy } from './run-seed.ts';
import { Supervisor } from './supervisor.ts';
import { DOMAINS, PARTITIONS, policyText, SITES } from './surroundings.ts';

const HOUR_MS = 3_600_000;

export interface LongRun {
  readonly hours: number;
  readonly deliveries: number;
}

export interface LongRunReport {
  /** Virtual time from the first submission to the last end, hours. */
  readonly hours: number;
  readonly steps: number;
  /** Terminal facts by type, dropped ones with their cause. */
  readonly ends: ReadonlyMap<string, number>;
}

/** One delivery in twenty is deferred by its receiver; a provider's hourly limit holds the rest of its mail. */
const FAULTS = new Map([['recipient_deferred', 0.05]] as const);
const ENOUGH = { maxSteps: 5_000_000 };

export async function runLong({ hours, deliveries }: LongRun): Promise<LongRunReport> {
  const simulation = new Simulation(72);
  const cluster = new SimulatedCluster(simulation, SITES, new FaultPlan(simulation, FAULTS), PARTITIONS);
  const ends = new Map<string, number>();
  const began = simulation.now;
  await isolatedRun(simulation, async () => {
    const text = policyText({
      maxAge: '72h',
      attemptMax: '10m',
      hasShippedWaits: true,
      outlook: `${limitOf(deliveries, hours)}/hour`,
    });
    const policy = parsePolicy(text);
    publishPolicy(cluster, text);
    const ledger = new Ledger(cluster);
    watchAttempts(cluster, ledger, policy);
    watchLimits(cluster, policy);
    const answers = new Answers(cluster);
    const supervisor = new Supervisor(cluster, ONE_PROCESS);
    supervisor.startAll();
    const perHour = Math.ceil(deliveries / hours);
    for (let sent = 0, hour = 0; sent < deliveries; sent += perHour, hour++) {
      const recipients = Array.from({ length: Math.min(perHour, deliveries - sent) }, (_, i) => addressOf(sent + i));
      simulation.after(hour * HOUR_MS + 1_000, `hour ${hour}`, () =>
        send(simulation, supervisor.current('ingest')[0], recipients),
      );
    }
    const allEnded = () => ledger.byAddress.size === deliveries && ledger.pending === 0 && answers.pending === 0;
    const result = await simulation.runUntil(allEnded, { ...ENOUGH, maxMs: 2 * hours * HOUR_MS });
    if (result !== 'reached')
      throw new Error(`${result}: ${ledger.byAddress.size} accepted, ${ledger.pending} pending`);
    for (const { terminal } of ledger.byAddress.values()) {
      const type = terminal ? kindOf(terminal) : 'pending';
      ends.set(type, (ends.get(type) ?? 0) + 1);
    }
  });
  return { hours: (simulation.now - began) / HOUR_MS, steps: simulation.steps, ends };
}

/** A little more than comes in an hour, from both sources together: what comes at once waits for its token. */
function limitOf(deliveries: number, hours: number): number {
  const share =
    DOMAINS.filter((domain) => domain === 'acme.example' || domain === 'umbrella.example').length / DOMAINS.length;
  return Math.max(1, Math.floor((deliveries / hours) * share * 0.55));
}

function addressOf(n: number): string {
  return `user.${n}@${DOMAINS[n % DOMAINS.length]}`;
}

function send(simulation: Simulation, ingest: Ingest | undefined, recipients: readonly string[]): void {
  const request = {
    from: { email: 'news@sender.example' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'A short message.' }],
    personalizations: recipients.map((email) => ({ to: [{ email }] })),
  };
  const key: ApiKey = { tenant: 'acme', class: 'bulk', scopes: new Set(['mail']) };
  ingest?.mailSend.send(request, key).then(
    ({ status }) => {
      if (status !== 202) simulation.fail(new Error(`answered with ${status}`));
    },
    (error: unknown) => simulation.fail(error),
  );
}
