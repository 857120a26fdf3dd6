/** `[class."name"]`: what becomes of transactional and of bulk mail. */
import { TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';
import type { Block } from './block.ts';
import { integer } from './readings.ts';

/** `[class."bulk"]` */
export interface ClassPolicy {
  readonly name: TrafficClass;
  /** Share of a lane's releases against the other classes'. */
  readonly weight: number;
}

export type ClassPolicies = Readonly<Record<TrafficClass, ClassPolicy>>;

export const SHIPPED_CLASSES: ClassPolicies = {
  transactional: { name: 'transactional', weight: 4 },
  bulk: { name: 'bulk', weight: 1 },
};

export function readClasses(root: Block): ClassPolicies {
  const block = root.block('class');
  const read = (name: TrafficClass): ClassPolicy => {
    const own = block.block(name);
    const weight = own.take('weight', integer(1, 1000)) ?? SHIPPED_CLASSES[name].weight;
    if (own.has('weight')) own.shelve('weight', 'is kept, but classes have no weights yet');
    own.refuseRest();
    return { name, weight };
  };
  const classes = { transactional: read('transactional'), bulk: read('bulk') };
  block.refuseRest((name) => `there is no class "${name}"; there is ${TRAFFIC_CLASSES.join(', ')}`);
  return classes;
}
