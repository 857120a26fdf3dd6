import { aboutNobody, type PlantedBug, readingOtherwise, withLog } from './planted-bug.ts';

/** That a path rests is known to the partitions of one scheduler, and the others go on using it. */
export const pathStateSeenByOne: PlantedBug = {
  in: 'scheduler',
  found: /although the path was known to rest/,
  into: (ports, { name }) => {
    if (name === 'scheduler') return ports;
    return withLog(ports, {
      join: readingOtherwise(ports.log, 'mail.control', (batch) => (partition, records) => {
        const seen = records.map((stored) =>
          stored.record.type === 'path_throttled' ? { ...stored, record: aboutNobody(stored.record) } : stored,
        );
        return batch(partition, seen);
      }),
    });
  },
};
