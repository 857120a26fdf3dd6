/** A partition's fold as plain data in a settled order: for specs that compare two folds. */
import type { PartitionState } from './partition-state.ts';

export function digestOf(state: PartitionState): unknown {
  const deliveries = [...state.deliveries.values()].map((delivery) => ({
    accepted: delivery.accepted,
    life: delivery.life,
    dueAt: delivery.dueAt,
    heldSince: delivery.heldSince,
    held: [delivery.heldMs, delivery.remoteMs, delivery.countedUntil, delivery.remoteUntil],
    unknowns: [delivery.unknowns, delivery.unknownCause ?? null, delivery.mayDuplicate],
    last: [delivery.lastSource ?? null, delivery.lastVerdict ?? null, delivery.lastReply ?? null],
    open: delivery.open ?? null,
    notice: delivery.notice ?? null,
    notices: delivery.notices,
    places: [delivery.waitNode, delivery.noticeNode, delivery.clockNode].map(({ heap, key }) => (heap ? key : null)),
  }));
  const loads = [...state.agenda.loads.values()]
    .map((load) => ({
      path: load.path,
      open: load.open,
      closed: load.closed.isEmptyAt(state.logAt) ? [] : load.closed.entries(),
    }))
    .filter((load) => load.open > 0 || load.closed.length > 0);
  const plain = {
    position: state.position,
    claim: state.claim,
    logAt: state.logAt,
    deliveries: deliveries.sort((a, b) => a.accepted.offset - b.accepted.offset),
    loads: loads.sort((a, b) => (a.path < b.path ? -1 : 1)),
    lanes: [...state.lanes.keys()].sort(),
  };
  return JSON.parse(JSON.stringify(plain));
}
