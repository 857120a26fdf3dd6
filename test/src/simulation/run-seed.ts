import { derivedId } from '@penstock/events';
import { parsePolicy, policyVersion } from '@penstock/policy';
import { type Fault, FaultPlan, isolatedRun, SimulatedCluster, Simulation } from '@penstock/simulation';
import { Answers } from './answers.ts';
import { APART, type Arrangement, ONE_PROCESS } from './arrangement.ts';
import { Campaign } from './campaign.ts';
import { checkEnd, type Evidence, watchAttempts } from './checkers.ts';
import { watchDecisions } from './decisions.ts';
import { Ledger } from './ledger.ts';
import { kindOf, Marks } from './marks.ts';
import type { PlantedBug } from './planted-bugs/index.ts';
import { watchLimits } from './receiver-limits.ts';
import { watchOwners } from './source-owners.ts';
import { Supervisor } from './supervisor.ts';
import { SuppressedPeople } from './suppressed-people.ts';
import { ATTEMPT_MAXES, BUDGETS, MAX_AGES, PARTITIONS, policyText, SITES } from './surroundings.ts';

export interface SeedOptions {
  readonly seed: number;
  /** Recipients of the campaign. */
  readonly messages: number;
  /** Instead of those the seed draws. */
  readonly faults?: ReadonlyMap<Fault, number>;
  /** Whether some receivers have limits over more than a minute; else the seed draws it. */
  readonly budgets?: boolean;
  /** How long faults happen, ms of virtual time. */
  readonly troubleMs?: number;
  /** Given every line of the trace. */
  readonly mirror?: (line: string) => void;
  /** A bug that the services are composed with. */
  readonly planted?: PlantedBug;
}

export interface SeedReport {
  readonly seed: number;
  readonly plan: string;
  /** Of the faults that could happen. */
  readonly rates: ReadonlyMap<Fault, number>;
  readonly fired: ReadonlyMap<Fault, number>;
  readonly steps: number;
  readonly digest: string;
  /** Terminal facts by type, dropped ones with their cause. */
  readonly ends: ReadonlyMap<string, number>;
  /** How often what happened: `handed_back in_doubt`, `path_throttled`. */
  readonly seen: ReadonlyMap<string, number>;
  readonly failure?: { readonly error: unknown; readonly trace: readonly string[] };
}

/** With faults: long enough for the whole campaign to have met them. */
const TROUBLE = { maxSteps: 40_000, maxMs: 180_000 };
/** Without: the longest life of a delivery and the 15 minutes after it, and then some. */
const CALM = { maxSteps: 400_000, maxMs: 45 * 60_000 };

/** After the end, for outcomes of attempts that their scheduler has given up: as long as any may take, and then some. */
const LAST_ANSWERS = { maxSteps: 100_000, maxMs: 12 * 60_000 };
/** Share of the seeds under which everything is one process. */
const ONE_PROCESS_SHARE = 0.2;
/** Share of the seeds under which a process knows by its folder that the one before it is dead. */
const FOLDERS_SHARE = 0.5;

/** One run: a campaign under the seed's faults, then calm until everything has ended, then the reckoning. */
export async function runSeed(options: SeedOptions): Promise<SeedReport> {
  const simulation = new Simulation(options.seed);
  simulation.trace.mirror = options.mirror;
  const plan = new FaultPlan(simulation, options.faults);
  const cluster = new SimulatedCluster(simulation, SITES, plan, PARTITIONS);
  cluster.keepsFolders = simulation.random('folders').chance(FOLDERS_SHARE);
  const ends = new Map<string, number>();
  const arrangement = simulation.random('arrangement').chance(ONE_PROCESS_SHARE) ? ONE_PROCESS : APART;
  const marks = new Marks();
  marks.count(arrangement.name);
  marks.watch(cluster);
  let failure: SeedReport['failure'];
  try {
    await isolatedRun(simulation, () => story({ cluster, arrangement, options, ends }));
  } catch (error) {
    failure = { error, trace: simulation.trace.tail() };
  }
  const { steps, trace } = simulation;
  const report = {
    seed: options.seed,
    plan: `${arrangement.name}; ${plan}`,
    rates: plan.rates,
    fired: plan.fired,
    steps,
    digest: trace.digest(),
    ends,
    seen: marks.counts,
  };
  return failure ? { ...report, failure } : report;
}

interface Run {
  readonly cluster: SimulatedCluster;
  readonly arrangement: Arrangement;
  readonly options: SeedOptions;
  readonly ends: Map<string, number>;
}

async function story({ cluster, arrangement, options, ends }: Run): Promise<void> {
  const { simulation, faults } = cluster;
  const drawn = simulation.random('policy');
  const hasBudgets = options.budgets ?? simulation.random('budgets').chance(0.5);
  const waits = { maxAge: drawn.pick(MAX_AGES), attemptMax: drawn.pick(ATTEMPT_MAXES) };
  const text = policyText({ ...waits, ...(hasBudgets ? BUDGETS : {}) });
  const policy = parsePolicy(text);
  publishPolicy(cluster, text);
  const ledger = new Ledger(cluster);
  const refused = watchAttempts(cluster, ledger, policy);
  watchDecisions(cluster, ledger);
  const answers = new Answers(cluster);
  watchLimits(cluster, policy);
  watchOwners(cluster, policy, arrangement.isOneProcess);
  const supervisor = new Supervisor(cluster, arrangement, options.planted);
  supervisor.startAll();
  simulation.observe(() => supervisor.strikeAsPlanned());
  const campaign = new Campaign(simulation, () => supervisor.current('ingest'), options.messages);
  const suppressed = new SuppressedPeople(simulation, () => supervisor.current('ingest')[0]);
  suppressed.watch(cluster);
  const clientsDone = () => campaign.done && suppressed.done;
  const allEnded = () => clientsDone() && ledger.pending === 0 && supervisor.allUp && expanded(campaign, ledger);
  await simulation.runUntil(allEnded, { ...TROUBLE, maxMs: options.troubleMs ?? TROUBLE.maxMs });
  faults.switchOff();
  const result = await simulation.runUntil(allEnded, CALM);
  for (const { terminal } of ledger.byAddress.values()) {
    const type = terminal ? kindOf(terminal) : 'pending';
    ends.set(type, (ends.get(type) ?? 0) + 1);
  }
  const { schedulerTroubles } = supervisor;
  const evidence = { cluster, ledger, campaign, policy, refused, answers, schedulerTroubles };
  if (result !== 'reached') throw new Error(stuck(result, evidence));
  await simulation.runUntil(() => answers.pending === 0, LAST_ANSWERS);
  await settleArchive(cluster, supervisor);
  await checkEnd(evidence);
  suppressed.check(ledger);
}

/** Whether everything that was acknowledged has become deliveries. */
function expanded({ acknowledged }: Campaign, ledger: Ledger): boolean {
  return acknowledged.every(({ recipients }) => recipients.every((address) => ledger.byAddress.has(address)));
}

export function publishPolicy({ log, simulation }: SimulatedCluster, text: string): void {
  const version = policyVersion(text);
  const body = { policyVersion: version, text, changedBy: 'simulation' };
  const id = derivedId('policy_changed', version);
  const record = { id, type: 'policy_changed', version: 1, at: simulation.now, partition: 0, body } as const;
  log.store({ topic: 'mail.control', partition: 0, records: [record] });
}

/** The archive is written behind: wait until it has what the log has. */
async function settleArchive(cluster: SimulatedCluster, supervisor: Supervisor): Promise<void> {
  const projectors = supervisor.current('projector');
  const partitions = Array.from({ length: cluster.log.data.partitionCount('mail.events') }, (_, i) => i);
  const endOf = (partition: number) => cluster.log.data.bounds('mail.events', partition).end;
  let modelsSettled = false;
  // Each partition is with one of them.
  const reached = partitions.map((i) => Promise.race(projectors.map((each) => each.modelsReached(i, endOf(i)))));
  void Promise.all(reached).then(() => {
    modelsSettled = true;
  });
  const archived = (partition: number) => cluster.archive.position(`mail.events-${partition}`) >= endOf(partition);
  const result = await cluster.simulation.runUntil(() => modelsSettled && partitions.every(archived), CALM);
  if (result !== 'reached') throw new Error('the projector does not reach the end of the log');
}

function stuck(result: string, { ledger, campaign, cluster }: Evidence): string {
  const open = [...ledger.byAddress.values()].filter(({ terminal }) => !terminal);
  const lost = expanded(campaign, ledger) ? '' : 'something acknowledged was never expanded; ';
  const some = open
    .slice(0, 5)
    .map(({ deliveryId, domain, state }) => `${deliveryId} ${domain} ${JSON.stringify(state)}`);
  const clients = campaign.done ? '' : 'clients still wait; ';
  return `${result} after ${cluster.simulation.steps} steps: ${clients}${lost}${open.length} deliveries without an end\n${some.join('\n')}`;
}
