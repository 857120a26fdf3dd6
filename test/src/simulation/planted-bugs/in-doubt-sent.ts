import { type PlantedBug, withLog } from './planted-bug.ts';

/** Commands that a predecessor may have sent are taken for new ones. */
export const inDoubtSent: PlantedBug = {
  in: 'dispatcher',
  found: /arrived \d+ times|attempted without an open release|ended twice|came after its end/,
  into: (ports) =>
    withLog(ports, {
      bounds: async (topic, partition) => {
        const bounds = await ports.log.bounds(topic, partition);
        if (topic !== 'mail.attempts') return bounds;
        const committed = await ports.log.committed('dispatcher', topic, partition);
        return { begin: bounds.begin, end: Math.max(bounds.begin, committed ?? bounds.begin) };
      },
    }),
};
