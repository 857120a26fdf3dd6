/** A member as the assignment sees it. */
export interface AssignableMember {
  /** The same after a restart. Two members of one name are told apart by the order in which they stand. */
  readonly name: string;
  /** The partitions it can take; all of them if absent. */
  readonly able?: readonly number[] | undefined;
}

/** Who has each partition, and where each belongs. Names, by partition; null where there is none. */
export interface Ownership {
  readonly owners: readonly (string | null)[];
  /** The member that a partition goes back to when it returns; another that stands in for it does not change that. */
  readonly homes: readonly (string | null)[];
}

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

/**
 * Gives each partition to a member that can take it. A partition stays where its home is, or else with the member that
 * has it, and moves only to keep the loads within one of each other; a member that comes back gets what it had.
 */
export function assignSticky<M extends AssignableMember>(
  members: readonly M[],
  partitionCount: number,
  before: Ownership,
): Assignment<M> {
  const sorted = [...members].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const loads = sorted.map((member) => ({
    member,
    able: member.able ? new Set(member.able) : undefined,
    has: new Set<number>(),
  }));
  const owners: (Load<M> | undefined)[] = Array.from({ length: partitionCount }, () => undefined);
  const homes = Array.from({ length: partitionCount }, (_, partition) => before.homes[partition] ?? null);
  keep(loads, owners, before);
  for (let partition = 0; partition < partitionCount; partition++) {
    if (owners[partition]) continue;
    const load = lightest(loads, partition);
    if (load) give(load, owners, partition);
  }
  balance(loads, owners, homes);
  for (const [partition, load] of owners.entries()) homes[partition] ??= load?.member.name ?? null;
  const names = owners.map((load) => load?.member.name ?? null);
  return { members: owners.map((load) => load?.member), ownership: { owners: names, homes } };
}

function keep<M extends AssignableMember>(
  loads: readonly Load<M>[],
  owners: (Load<M> | undefined)[],
  before: Ownership,
): void {
  const byName = new Map<string, Load<M>>();
  for (const load of loads) if (!byName.has(load.member.name)) byName.set(load.member.name, load);
  for (let partition = 0; partition < owners.length; partition++) {
    for (const name of [before.homes[partition], before.owners[partition]]) {
      const load = byName.get(name ?? '');
      if (!load || owners[partition] || !isAble(load, partition)) continue;
      give(load, owners, partition);
    }
  }
}

/** Moves partitions from members with more to members with fewer while that evens them out, along chains of members. */
function balance<M extends AssignableMember>(
  loads: readonly Load<M>[],
  owners: (Load<M> | undefined)[],
  homes: (string | null)[],
): void {
  const names = new Set(loads.map(({ member }) => member.name));
  // Every round evens two loads by one, so that rounds are bounded by the number of partitions times members.
  for (let rounds = owners.length * loads.length; rounds > 0; rounds--) {
    const move = evening(loads);
    if (!move) return;
    for (const { from, to } of move) {
      const partition = choose(from, to, homes, names);
      from.has.delete(partition);
      give(to, owners, partition);
      homes[partition] = to.member.name;
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

/** A partition whose home is gone rather than one that is at home; the last of them, so that the first ones stay. */
function choose<M>(from: Load<M>, to: Load<M>, homes: readonly (string | null)[], names: ReadonlySet<string>): number {
  const movable = [...from.has].filter((partition) => isAble(to, partition)).sort((a, b) => b - a);
  const homeless = movable.find((partition) => !names.has(homes[partition] ?? ''));
  return homeless ?? movable[0] ?? -1;
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
