import { aboutNobody, type PlantedBug, readingOtherwise, withLog } from './planted-bug.ts';

/** A dispatcher that does not see what others claim: it sends as soon as its own claim stands in the log. */
export const claimIgnored: PlantedBug = {
  in: 'dispatcher',
  found: /though .*, who claimed it before, is silent for|connections, \d+ at most|ahead of the pace/,
  into: (ports) =>
    withLog(ports, {
      join: readingOtherwise(ports.log, 'mail.control', (batch) => (partition, records) => {
        const isOthers = (body: object) => 'owner' in body && body.owner !== ports.owner;
        const seen = records.map((stored) =>
          stored.record.type === 'source_claimed' && isOthers(stored.record.body)
            ? { ...stored, record: aboutNobody(stored.record) }
            : stored,
        );
        return batch(partition, seen);
      }),
    }),
};
