import kafkajs, { type Assigner, type GroupMember } from 'kafkajs';
import { type AssignableMember, assignSticky, type Ownership } from './assignment.ts';

// This one is not among what Node finds in the CommonJS module by itself.
const { AssignerProtocol } = kafkajs;

const NAME = 'penstock-sticky';
const VERSION = 1;

/** What a member tells the one that assigns. */
interface Subscription {
  readonly name: string;
  readonly able?: readonly number[];
  readonly known: KnownOwnership;
}

/** The assignment that a member saw last, and how many came before it: the newest one counts. */
export interface KnownOwnership {
  readonly turn: number;
  readonly ownership: Ownership;
}

export const NOTHING_KNOWN: KnownOwnership = { turn: 0, ownership: [] };

export interface AssignerOptions {
  readonly topic: string;
  readonly memberName: string;
  readonly able?: readonly number[] | undefined;
  readonly known: () => KnownOwnership;
  readonly partitionCount: () => number;
}

/** Our sticky assignment as kafkajs wants it. */
export function stickyAssigner(options: AssignerOptions): Assigner {
  return {
    name: NAME,
    version: VERSION,
    protocol: ({ topics }) => {
      const able = options.able ? { able: options.able } : {};
      const subscription: Subscription = { name: options.memberName, ...able, known: options.known() };
      const userData = Buffer.from(JSON.stringify(subscription));
      return { name: NAME, metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData }) };
    },
    assign: async ({ members }) => assignMembers(options, members),
  };
}

function assignMembers({ topic, partitionCount }: AssignerOptions, members: readonly GroupMember[]) {
  const subscribed = members.map(({ memberId, memberMetadata }) => ({ memberId, ...subscriptionOf(memberMetadata) }));
  // Members of one name, such as two of one process, are told apart by the ids that the broker gave them.
  subscribed.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const known = subscribed.reduce((best, each) => (each.known.turn > best.turn ? each.known : best), NOTHING_KNOWN);
  const named: (AssignableMember & { readonly memberId: string })[] = distinctNames(subscribed);
  const { members: owners, ownership } = assignSticky(named, partitionCount(), known.ownership);
  const userData = Buffer.from(JSON.stringify({ turn: known.turn + 1, ownership }));
  return named.map((member) => {
    const partitions = [...owners.keys()].filter((partition) => owners[partition] === member);
    const assignment = { [topic]: partitions };
    const memberAssignment = AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment, userData });
    return { memberId: member.memberId, memberAssignment };
  });
}

function distinctNames<M extends { readonly name: string }>(members: readonly M[]): M[] {
  const seen = new Map<string, number>();
  return members.map((member) => {
    const count = seen.get(member.name) ?? 0;
    seen.set(member.name, count + 1);
    return count === 0 ? member : { ...member, name: `${member.name}#${count}` };
  });
}

function subscriptionOf(metadata: Buffer): Subscription {
  const userData = AssignerProtocol.MemberMetadata.decode(metadata)?.userData;
  return JSON.parse(String(userData)) as Subscription;
}

/** The ownership that came with an assignment. */
export function ownershipOf(memberAssignment: Buffer): KnownOwnership | undefined {
  const userData = AssignerProtocol.MemberAssignment.decode(memberAssignment)?.userData;
  return userData && userData.length > 0 ? (JSON.parse(userData.toString()) as KnownOwnership) : undefined;
}
