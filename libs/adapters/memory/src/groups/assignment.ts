/** What the assignment needs to know of a member: the partitions it can take, all of them if absent. */
export interface Assignable {
  readonly partitions?: readonly number[] | undefined;
}

/**
 * The member of each partition, undefined where nobody can take it. Partitions go, in order, to the able member
 * with the fewest so far; on a tie to the one that has it, else to the one that joined first.
 */
export function assignPartitions<M extends Assignable>(
  members: readonly M[],
  partitionCount: number,
  ownerOf: (partition: number) => M | undefined,
): readonly (M | undefined)[] {
  const loads = members.map((member) => ({
    member,
    able: member.partitions ? new Set(member.partitions) : undefined,
    count: 0,
  }));
  return Array.from({ length: partitionCount }, (_, partition) => {
    const owner = ownerOf(partition);
    let best: (typeof loads)[number] | undefined;
    for (const load of loads) {
      if (load.able && !load.able.has(partition)) continue;
      if (!best || load.count < best.count || (load.count === best.count && load.member === owner)) best = load;
    }
    if (best) best.count++;
    return best?.member;
  });
}
