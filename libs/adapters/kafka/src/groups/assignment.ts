/** A member as the assignment sees it. */
export interface AssignableMember {
  /** The same after a restart, and no other's. */
  readonly name: string;
  /** The partitions it can take; all of them if absent. */
  readonly able?: readonly number[] | undefined;
}

/**
 * For each partition the name of the member it belongs to, and after it those that stood in while the ones before them
 * were away. When one of them comes back, those after it are forgotten.
 */
export type Ownership = readonly (readonly string[])[];

export interface Assignment<M extends AssignableMember> {
  /** The member of each partition; undefined where nobody can take it. */
  readonly members: readonly (M | undefined)[];
  readonly ownership: Ownership;
}

interface Load<M> {
  readonly member: M;
  readonly able: ReadonlySet<number> | undefined;
  readonly has: Set<number>;
}

/** So many stand-ins are remembered; longer ago than that nobody comes back. */
const MAX_NAMES = 6;

/**
 * Gives each partition to a member that can take it. A partition stays with whom it belongs to, or else with who stands
 * in, and moves only to keep the loads within one of each other; a member that comes back gets what it had.
 */
export function assignSticky<M extends AssignableMember>(
  members: readonly M[],
  partitionCount: number,
  before: Ownership,
): Assignment<M> {
  const loads = [...members].sort(byName).map((member) => ({
    member,
    able: member.able ? new Set(member.able) : undefined,
    has: new Set<number>(),
  }));
  const chains = Array.from({ length: partitionCount }, (_, partition) => before[partition] ?? []);
  const owners: (Load<M> | undefined)[] = chains.map(() => undefined);
  keep(loads, owners, chains);
  for (const [partition, owner] of owners.entries()) {
    const load = owner ? undefined : lightest(loads, partition);
    if (!load) continue;
    give(load, owners, partition);
    chains[partition] = [...(chains[partition] ?? []), load.member.name].slice(-MAX_NAMES);
  }
  balance(loads, owners, chains);
  return { members: owners.map((load) => load?.member), ownership: chains };
}

function byName(a: AssignableMember, b: AssignableMember): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function keep<M extends AssignableMember>(
  loads: readonly Load<M>[],
  owners: (Load<M> | undefined)[],
  chains: (readonly string[])[],
): void {
  const named = new Map(loads.map((load) => [load.member.name, load]));
  for (const [partition, chain] of chains.entries()) {
    for (const [i, name] of chain.entries()) {
      const load = named.get(name);
      if (!load || !isAble(load, partition)) continue;
      give(load, owners, partition);
      chains[partition] = chain.slice(0, i + 1);
      break;
    }
  }
}

/** Moves partitions from members with more to members with fewer while that evens them out, along chains of members. */
function balance<M extends AssignableMember>(
  loads: readonly Load<M>[],
  owners: (Load<M> | undefined)[],
  chains: (readonly string[])[],
): void {
  // Every round evens two loads by one, so that rounds are bounded by the number of partitions times members.
  for (let rounds = owners.length * loads.length; rounds > 0; rounds--) {
    const move = evening(loads);
    if (!move) return;
    for (const { from, to } of move) {
      const partition = choose(from, to, chains);
      from.has.delete(partition);
      give(to, owners, partition);
      chains[partition] = [to.member.name];
    }
  }
}

interface Step<M> {
  readonly from: Load<M>;
  readonly to: Load<M>;
}

/** The shortest chain of moves from a member to one with at least two partitions fewer. */
function evening<M>(loads: readonly Load<M>[]): readonly Step<M>[] | undefined {
  for (const start of [...loads].sort((a, b) => b.has.size - a.has.size)) {
    const cameFrom = new Map<Load<M>, Load<M>>();
    const open = [start];
    for (let from = open.shift(); from; from = open.shift()) {
      for (const to of loads) {
        if (to === start || cameFrom.has(to) || !canGive(from, to)) continue;
        cameFrom.set(to, from);
        if (to.has.size <= start.has.size - 2) return chain(start, to, cameFrom);
        open.push(to);
      }
    }
  }
  return undefined;
}

function chain<M>(start: Load<M>, end: Load<M>, cameFrom: ReadonlyMap<Load<M>, Load<M>>): readonly Step<M>[] {
  const steps: Step<M>[] = [];
  for (let to = end; to !== start; ) {
    const from = cameFrom.get(to) ?? start;
    steps.unshift({ from, to });
    to = from;
  }
  return steps;
}

function canGive<M>(from: Load<M>, to: Load<M>): boolean {
  for (const partition of from.has) if (isAble(to, partition)) return true;
  return false;
}

/** A partition that belongs to somebody who is away rather than one at home; the last, so that the first ones stay. */
function choose<M>(from: Load<M>, to: Load<M>, chains: Ownership): number {
  const movable = [...from.has].filter((partition) => isAble(to, partition)).sort((a, b) => b - a);
  return movable.find((partition) => (chains[partition]?.length ?? 0) > 1) ?? movable[0] ?? -1;
}

function lightest<M>(loads: readonly Load<M>[], partition: number): Load<M> | undefined {
  let best: Load<M> | undefined;
  for (const load of loads) {
    if (isAble(load, partition) && (!best || load.has.size < best.has.size)) best = load;
  }
  return best;
}

function isAble<M>(load: Load<M>, partition: number): boolean {
  return load.able?.has(partition) ?? true;
}

function give<M>(load: Load<M>, owners: (Load<M> | undefined)[], partition: number): void {
  owners[partition] = load;
  load.has.add(partition);
}
