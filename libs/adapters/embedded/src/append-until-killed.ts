/**
 * Appends numbered records to all partitions of `mail.events` of the folder given, with content before each, and
 * prints a line for every one acknowledged. Ends only by being killed; the durability spec runs it.
 */
import { writeSync } from 'node:fs';
import type { Fact } from '@penstock/events';
import { openEmbedded } from './open-embedded.ts';

const WRITERS = 8;
const STDOUT = 1;

const engine = await openEmbedded({
  dataDir: process.argv[2] as string,
  telemetry: { log: () => {} },
  onFatal: (error) => {
    throw error;
  },
  segmentBytes: 200_000,
});

async function write(writer: number): Promise<never> {
  for (let n = 0; ; n++) {
    const partition = n % 4;
    const [reference] = await engine.content.put([Buffer.alloc(500 + n, `${writer}-${n} `)]);
    const id = `${process.argv[3]}-${writer}-${n}`;
    const body = { claimId: reference as string, owner: 'x'.repeat(n % 300) };
    const record: Fact = { id, type: 'partition_claimed', version: 1, at: n, partition, body };
    const [receipt] = await engine.log.append([{ topic: 'mail.events', partition, records: [record] }]);
    writeSync(STDOUT, `${partition} ${receipt?.offset} ${id} ${reference}\n`);
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
