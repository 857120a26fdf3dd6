import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { partitionKey } from '../log/partition-key.ts';
import { type Embedded, openEmbedded } from '../open-embedded.ts';
import { FRAME_TYPE, type Frame, readFrame } from './frame.ts';
import { recoverSegments } from './recovery.ts';
import { DamagedSegmentError } from './segment-errors.ts';
import { decodeSegmentHeader } from './segment-header.ts';

const FIRST = '0000000001.segment';
const KEYS = [partitionKey('mail.events', 0), partitionKey('mail.events', 1)];

interface Placed extends Frame {
  readonly at: number;
}

function fact(n: number): Fact {
  const body = { claimId: `c${n}`, owner: 'recovery' };
  return { id: `f${n}`, type: 'partition_claimed', version: 1, at: n, partition: 0, body };
}

function open(dataDir: string, segmentBytes?: number): Promise<Embedded> {
  const telemetry = { log: () => {} };
  return openEmbedded({ dataDir, telemetry, onFatal: () => {}, ...(segmentBytes ? { segmentBytes } : {}) });
}

function framesOf(segment: Buffer): readonly Placed[] {
  const first = readFrame(segment, 0, 0, 0);
  assert.ok(first);
  const { salt } = decodeSegmentHeader(first.payload, FIRST);
  const frames: Placed[] = [];
  for (let at = 0; at < segment.length; ) {
    const frame = readFrame(segment, at, 0, salt);
    assert.ok(frame, `a frame at ${at}`);
    frames.push({ ...frame, at });
    at += frame.bytes;
  }
  return frames;
}

describe('recovery of the last segment', () => {
  let root: string;
  let whole: Buffer;
  let frames: readonly Placed[];
  let tries = 0;

  before(async () => {
    root = mkdtempSync(join(tmpdir(), 'penstock-recovery-'));
    const engine = await open(join(root, 'made'));
    await engine.log.append([{ topic: 'mail.events', partition: 0, records: [fact(0), fact(1)] }]);
    await engine.content.put([Buffer.from('content')]);
    await engine.log.append([{ topic: 'mail.events', partition: 1, records: [fact(2)] }]);
    await engine.log.append([
      { topic: 'mail.events', partition: 0, records: [fact(3)] },
      { topic: 'mail.events', partition: 1, records: [fact(4)] },
    ]);
    await engine.close();
    whole = readFileSync(join(root, 'made', 'segments', FIRST));
    frames = framesOf(whole);
  });

  after(() => rmSync(root, { recursive: true }));

  /** Recovers a segment of these bytes: the next offsets of both partitions, the end, and what telemetry heard. */
  function recover(segment: Buffer) {
    const folder = join(root, `try-${tries++}`);
    mkdirSync(folder);
    writeFileSync(join(folder, FIRST), segment);
    const heard: string[] = [];
    const log = (_: string, event: string, fields?: object) => heard.push(`${event} ${JSON.stringify(fields)}`);
    const { nextOffsets, position } = recoverSegments(folder, { log });
    return { next: KEYS.map((key) => nextOffsets.get(key)), position, heard, path: join(folder, FIRST) };
  }

  const batches = () => frames.filter(({ type }) => type === FRAME_TYPE.batch);
  const lastBatch = () => batches().at(-1) as Placed;

  it('finds everything in a segment that was closed', () => {
    assert.deepEqual(recover(whole), {
      next: [3, 2],
      position: whole.length,
      heard: [],
      path: join(root, 'try-0', FIRST),
    });
  });

  it('cuts a tail torn at any byte of the last frame, says how much, and keeps all before it', () => {
    const { at, bytes } = lastBatch();
    for (let end = at; end < at + bytes; end++) {
      const { next, position, heard, path } = recover(whole.subarray(0, end));
      assert.deepEqual(next, [3, 1]);
      assert.equal(position, at);
      assert.equal(readFileSync(path).length, at);
      assert.equal(heard.length, end === at ? 0 : 1);
      if (end > at) assert.match(heard[0] as string, new RegExp(`log_tail_cut .*"bytes":${end - at}}`));
    }
  });

  it('cuts zeros and rubbish after the last frame', () => {
    const { at, bytes } = lastBatch();
    const kept = whole.subarray(0, at + bytes);
    for (const rubbish of [Buffer.alloc(5000), Buffer.alloc(5000, 4), Buffer.from(kept.subarray(60))]) {
      const { next, position } = recover(Buffer.concat([kept, rubbish]));
      assert.deepEqual(next, [3, 2]);
      assert.equal(position, kept.length);
    }
  });

  it('cuts a group of which a later part reached the disk and an earlier one did not', () => {
    const { at, bytes } = lastBatch();
    const group = batches().at(-2) as Placed;
    const torn = Buffer.from(whole.subarray(0, at + bytes)).fill(0, group.at, group.at + group.bytes);
    const { next, position } = recover(torn);
    assert.deepEqual(next, [2, 1]);
    assert.equal(position, group.at);
  });

  it('refuses damage of what had been durable, and says where and what to do', () => {
    for (const frame of frames.slice(1)) {
      if (frame === frames.at(-1)) continue;
      const damaged = Buffer.from(whole);
      damaged[frame.at + 10] = (damaged[frame.at + 10] as number) ^ 1;
      assert.throws(
        () => recover(damaged),
        (error: unknown) =>
          error instanceof DamagedSegmentError &&
          error.position === frame.at &&
          error.message.includes(`damaged at byte ${frame.at}`) &&
          error.message.includes('restore'),
        `the frame at ${frame.at}`,
      );
    }
  });

  it('refuses a first segment whose beginning is damaged, since nothing can be checked any more', () => {
    const damaged = Buffer.from(whole);
    damaged[20] = (damaged[20] as number) ^ 1;
    assert.throws(() => recover(damaged), DamagedSegmentError);
  });

  it('begins anew where the very first header never became whole', () => {
    const header = frames[0] as Placed;
    for (const bytes of [0, 1, header.bytes - 1]) {
      assert.deepEqual(recover(whole.subarray(0, bytes)).next, [undefined, undefined]);
    }
  });
});

describe('recovery of several segments', () => {
  let dataDir: string;
  let segments: string;
  const COUNT = 40;

  before(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'penstock-segments-'));
    segments = join(dataDir, 'segments');
    const engine = await open(dataDir, 600);
    for (let n = 0; n < COUNT; n++) {
      await engine.log.append([{ topic: 'mail.events', partition: n % 2, records: [fact(n)] }]);
    }
    await engine.close();
  });

  after(() => rmSync(dataDir, { recursive: true }));

  const files = (ending: string) =>
    readdirSync(segments)
      .filter((name) => name.endsWith(ending))
      .sort();

  async function readsAll(): Promise<void> {
    const engine = await open(dataDir, 600);
    try {
      for (const partition of [0, 1]) {
        const records = await engine.log.read('mail.events', partition, 0, COUNT);
        assert.deepEqual(
          records.map(({ record }) => record.at),
          Array.from({ length: COUNT / 2 }, (_, i) => 2 * i + partition),
        );
      }
    } finally {
      await engine.close();
    }
  }

  it('has an index beside each full one, and reads across them', async () => {
    assert.ok(files('.segment').length > 5);
    assert.equal(files('.index').length, files('.segment').length - 1);
    await readsAll();
  });

  it('does without indexes that are lost or damaged', async () => {
    const [lost, damaged] = files('.index') as [string, string];
    rmSync(join(segments, lost));
    writeFileSync(join(segments, damaged), 'not an index');
    await readsAll();
  });

  it('begins the last one anew where its header never became whole, at the offsets that follow', async () => {
    const last = join(segments, files('.segment').at(-1) as string);
    const was = readFileSync(last);
    truncateSync(last, 7);
    const engine = await open(dataDir, 600);
    const { end } = await engine.log.bounds('mail.events', 1);
    const [receipt] = await engine.log.append([{ topic: 'mail.events', partition: 1, records: [fact(99)] }]);
    assert.equal(receipt?.offset, end);
    await engine.close();
    writeFileSync(last, was);
  });

  it('refuses to start without a segment in the middle', async () => {
    const missing = join(segments, files('.segment')[2] as string);
    const was = readFileSync(missing);
    rmSync(missing);
    await assert.rejects(open(dataDir), /0000000003\.segment is missing/);
    writeFileSync(missing, was);
  });

  it('rejects a read of what was damaged later, and names the place', async () => {
    const engine = await open(dataDir, 600);
    const path = join(segments, FIRST);
    const segment = readFileSync(path);
    const frame = framesOf(segment).find(({ type }) => type === FRAME_TYPE.batch) as Placed;
    segment[frame.at + 30] = (segment[frame.at + 30] as number) ^ 1;
    writeFileSync(path, segment);
    await assert.rejects(engine.log.read('mail.events', 0, 0, 1), DamagedSegmentError);
    await engine.close();
  });
});
