import { type Bounced, type Delivered, factId } from '@penstock/events';
import { type PlantedBug, withLog, writingOtherwise } from './planted-bug.ts';

/** Who is not told that an outcome stands in the log writes another one over it. */
export const terminalOverwritten: PlantedBug = {
  in: 'dispatcher',
  found: /came after its end|ended twice|nobody had refused it|and the receiver has it/,
  into: (ports) => {
    const unsure = new Set<string>();
    return withLog(ports, {
      append: writingOtherwise(
        ports.log,
        (facts) => facts.map((fact) => (fact.type === 'delivered' && unsure.has(fact.id) ? bounced(fact) : fact)),
        (facts) => {
          for (const { id } of facts) unsure.add(id);
        },
      ),
    });
  },
};

function bounced(delivered: Delivered): Bounced {
  const { deliveryId = '', release = 0 } = delivered;
  return { ...delivered, type: 'bounced', id: factId(deliveryId, release, 'bounced', 'overwritten') };
}
