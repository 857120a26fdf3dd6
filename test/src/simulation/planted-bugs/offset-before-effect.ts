import { type PlantedBug, readingOtherwise, withLog } from './planted-bug.ts';

/** The position is committed when a batch arrives, and what it says is done after that. */
export const offsetBeforeEffect: PlantedBug = {
  in: 'ingest',
  found: /something acknowledged was never expanded/,
  into: (ports) =>
    withLog(ports, {
      join: readingOtherwise(ports.log, 'mail.submissions', (batch, { group }) => async (partition, records) => {
        const next = (records.at(-1)?.offset ?? -1) + 1;
        await ports.log.commit(group, 'mail.submissions', partition, next);
        await batch(partition, records);
      }),
    }),
};
