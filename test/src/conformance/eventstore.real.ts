/**
 * The archive against a real EventStoreDB, where PENSTOCK_EVENTSTORE_URL names one (esdb://host:2113?tls=false); every
 * run writes streams under names of its own, since those of an EventStoreDB cannot be used again. None can be had from
 * a package registry, so without the address this says that it was not tested, and tests nothing.
 */
import { randomUUID } from 'node:crypto';
import { openEventStoreArchive } from '@penstock/adapter-eventstore';
import type { Archive } from '@penstock/ports';
import { archiveConformance } from '@penstock/testing';

const connectionString = process.env.PENSTOCK_EVENTSTORE_URL;

/** Streams under a name of this run. */
function prefixed(archive: Archive, run: string): Archive {
  return {
    append: (entries, positions) =>
      archive.append(
        // A getter that throws has to throw within the append.
        entries.map((entry) => Object.create(entry, { stream: { value: `${run}-${entry.stream}`, enumerable: true } })),
        positions,
      ),
    positions: () => archive.positions(),
    read: (stream, from, limit) => archive.read(`${run}-${stream}`, from, limit),
  };
}

if (connectionString === undefined || connectionString === '') {
  console.log('EventStoreDB itself was NOT tested: PENSTOCK_EVENTSTORE_URL names no server; only the peer was.');
} else {
  archiveConformance('eventstore against a real server', async () => {
    const run = `conformance-${randomUUID()}`;
    const telemetry = { log: () => undefined };
    const open = () => openEventStoreArchive({ connectionString, telemetry, positionsStream: `${run}-positions` });
    let archive = await open();
    return {
      get archive() {
        return prefixed(archive, run);
      },
      reopen: async () => {
        await archive.close();
        archive = await open();
      },
      close: () => archive.close(),
    };
  });
}
