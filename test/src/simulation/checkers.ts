import type { Policy } from '@penstock/policy';
import type { SimulatedCluster } from '@penstock/simulation';
import type { FoldedDelivery } from '../fixtures/delivery-fold.ts';
import type { Answers } from './answers.ts';
import type { Campaign } from './campaign.ts';
import type { Ledger } from './ledger.ts';
import type { Trouble } from './supervisor.ts';
import { NOWHERE } from './surroundings.ts';

/** An attempt that began in time may still be on the wire, ms. */
const WIRE_MS = 500;
/** Every delivery has its terminal fact this long after the end of `max_age`. */
const END_MS = 15 * 60_000;
/** A successor has come up, claimed its partitions and sent their open commands, with one slow append on the way. */
const TAKEOVER_MS = 12_000;
const APPEND_FAULTS = ['append_failed', 'append_torn', 'append_slow', 'ack_lost'] as const;
/** Share of failing appends with which a log can be worked with. */
const USABLE = 0.2;

/** A scheduler whose clock was ahead took its attempt for one that nobody hears of any more, before it had begun. */
function isGivenUpEarly({ lastRelease, unanswered }: FoldedDelivery, at: number, mostOffMs: number): boolean {
  if (mostOffMs === 0 || !lastRelease || !unanswered.includes(lastRelease)) return false;
  return at <= lastRelease.startBy + WIRE_MS + mostOffMs;
}

/**
 * What may arrive at a receiver, and when; checked as it arrives. Answers the addresses that some receiver refuses
 * for good, as they become known.
 */
export function watchAttempts(cluster: SimulatedCluster, ledger: Ledger, policy: Policy): ReadonlySet<string> {
  const refused = new Set<string>();
  cluster.world.onEvent((event) => {
    if (event.kind === 'refused') refused.add(event.recipient);
    if (event.kind !== 'recipient') return;
    const entry = ledger.byAddress.get(event.recipient);
    if (!entry) throw new Error(`${event.recipient} was attempted and never accepted`);
    const { deliveryId, sendAt, state, overtaken, isDoubtful } = entry;
    const { mostOffMs } = cluster.clocks;
    if (event.at < sendAt - mostOffMs) throw new Error(`${deliveryId} was attempted ${sendAt - event.at} ms early`);
    const last = sendAt + policy.retry.maxAgeMs + WIRE_MS + mostOffMs;
    if (event.at > last) throw new Error(`${deliveryId} was attempted too late`);
    // What a dead process had sent may arrive whenever it likes; and a member that its group has given up, and that
    // does not know it yet, reads commands which it can only hand back in doubt, while their owner sends them.
    const isExcused = overtaken || isDoubtful || isGivenUpEarly(entry, event.at, mostOffMs);
    if (event.senderAlive && !state.open && !isExcused)
      throw new Error(`${deliveryId} was attempted without an open release`);
  });
  return refused;
}

/** The story so far, from every side. */
export interface Evidence {
  readonly cluster: SimulatedCluster;
  readonly ledger: Ledger;
  readonly campaign: Campaign;
  readonly policy: Policy;
  readonly refused: ReadonlySet<string>;
  readonly answers: Answers;
  readonly schedulerTroubles: readonly Trouble[];
}

/** What must hold when everything has come to rest. */
export async function checkEnd(evidence: Evidence): Promise<void> {
  const { cluster, ledger, campaign, policy, refused, answers } = evidence;
  for (const { messageId, recipients } of campaign.acknowledged) {
    for (const address of recipients) {
      const entry = ledger.byAddress.get(address);
      if (!entry) throw new Error(`${address} of message ${messageId} was acknowledged and is lost`);
      if (entry.messageId !== messageId) throw new Error(`${address} belongs to another message`);
    }
  }
  answers.checkAll();
  for (const [address, entry] of ledger.byAddress) {
    checkTerminal(entry, policy, refused.has(address), cluster.clocks.mostOffMs);
    checkCopies(entry, cluster.world.accepted.get(address) ?? 0);
    checkCommanded(entry, evidence);
    await checkArchived(cluster, entry);
  }
}

function checkTerminal(
  { deliveryId, domain, sendAt, doubts, terminal }: FoldedDelivery,
  policy: Policy,
  refused: boolean,
  /** What clocks that were wrong excuse, ms. */
  offMs: number,
): void {
  if (!terminal) throw new Error(`${deliveryId} never ended`);
  if (terminal.at > sendAt + policy.retry.maxAgeMs + END_MS + 2 * offMs)
    throw new Error(`${deliveryId} ended too late`);
  if (terminal.type === 'bounced' && !refused && domain !== NOWHERE) {
    throw new Error(`${deliveryId} bounced, and nobody had refused it`);
  }
  if (terminal.type !== 'dropped') return;
  if (terminal.body.cause === 'expired' && terminal.at < sendAt + policy.retry.maxAgeMs - 2 * offMs) {
    throw new Error(`${deliveryId} expired ${sendAt + policy.retry.maxAgeMs - terminal.at} ms early`);
  }
  if (terminal.body.cause === 'outcome_unknown' && doubts === 0) {
    throw new Error(`${deliveryId} was dropped as unknown, and nothing was`);
  }
}

/** What receivers hold agrees with what the log says, copies included. */
function checkCopies({ deliveryId, terminal, mayDuplicate, doubts }: FoldedDelivery, copies: number): void {
  if (terminal?.type === 'delivered' && copies === 0) throw new Error(`${deliveryId} is delivered and nobody has it`);
  if (terminal?.type !== 'delivered' && copies > 0 && doubts === 0) {
    throw new Error(`${deliveryId} ended as ${terminal?.type}, and the receiver has it`);
  }
  if (copies - 1 > mayDuplicate) {
    throw new Error(`${deliveryId} arrived ${copies} times, and ${mayDuplicate} releases said it might repeat`);
  }
}

/**
 * A release that the scheduler gave up waiting for had a command, which was answered, if late; or there was no time to
 * send one: whoever takes over a partition sends the commands of its open releases, but those only whose `startBy` has
 * not passed.
 */
function checkCommanded({ deliveryId, unanswered }: FoldedDelivery, evidence: Evidence): void {
  const { cluster, answers, schedulerTroubles } = evidence;
  // Times by different clocks say nothing to each other.
  if (cluster.clocks.mostOffMs > 0) return;
  if (APPEND_FAULTS.some((fault) => (cluster.faults.rates.get(fault) ?? 0) > USABLE)) return;
  for (const { release, at, startBy } of unanswered) {
    if (answers.isCommanded(deliveryId, release)) continue;
    if (startBy - at < TAKEOVER_MS) continue;
    if (schedulerTroubles.some(({ from, until }) => from <= startBy && until + TAKEOVER_MS > startBy)) continue;
    throw new Error(`${deliveryId}: its release at ${at} was never commanded, and could start until ${startBy}`);
  }
}

/** The archive tells the same end, once. */
async function checkArchived(cluster: SimulatedCluster, { deliveryId, terminal }: FoldedDelivery): Promise<void> {
  const events = await cluster.archive.current.read(deliveryId, 0, 10_000);
  const ends = events.filter(({ data }) => 'id' in data && data.id === terminal?.id && data.epoch === terminal.epoch);
  if (ends.length !== 1) throw new Error(`${deliveryId} has its end ${ends.length} times in the archive`);
}
