import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Control, Fact, Received } from '@penstock/events';
import { ContentMissingError, OffsetOutOfRangeError } from '@penstock/ports';
import { type Embedded, openEmbedded } from '../open-embedded.ts';

const EVENTS = 'mail.events';
const CONTROL = 'mail.control';

async function inFolder(body: (dataDir: string) => Promise<void>): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-retention-'));
  try {
    await body(dataDir);
  } finally {
    rmSync(dataDir, { recursive: true });
  }
}

/** Everything is old at once. */
function open(dataDir: string): Promise<Embedded> {
  return openEmbedded({
    dataDir,
    telemetry: { log: () => {} },
    onFatal: assert.ifError,
    segmentBytes: 1_500,
    tailBytes: 0,
    contentCacheBytes: 0,
    retentionMs: -1,
  });
}

function fact(n: number): Fact {
  const body = { claimId: `c${n}`, owner: 'o'.repeat(100) };
  return { id: `f${n}`, type: 'partition_claimed', version: 1, at: n, partition: 0, body };
}

const RECEIVED = { id: 'r', type: 'received', version: 1, at: 1, partition: 2, body: {} } as unknown as Received;

function control(n: number): Control {
  const body = { source: `s${n}`, owner: 'o', claimId: 'c' };
  return { id: `c${n}`, type: 'source_claimed', version: 1, at: n, partition: 0, body };
}

async function write(engine: Embedded, from: number, to: number): Promise<string> {
  const [reference] = await engine.content.put([Buffer.from('a body')]);
  for (let n = from; n < to; n++) {
    await engine.log.append([{ topic: EVENTS, partition: 0, records: [fact(n)] }]);
    if (n % 3 === 0) await engine.log.append([{ topic: CONTROL, partition: 0, records: [control(n)] }]);
  }
  return reference as string;
}

async function controlIds(engine: Embedded): Promise<readonly string[]> {
  return (await engine.log.read(CONTROL, 0, 0, 1_000)).map(({ record }) => record.id);
}

const expectedControl = (to: number) => Array.from({ length: Math.ceil(to / 3) }, (_, i) => `c${3 * i}`);
const segmentsIn = (dataDir: string) => readdirSync(join(dataDir, 'segments')).filter((n) => n.endsWith('.segment'));

async function holds(engine: Embedded, begin: number, end: number): Promise<void> {
  assert.deepEqual(await engine.log.bounds(EVENTS, 0), { begin, end });
  assert.deepEqual(await engine.log.bounds(CONTROL, 0), { begin: 0, end: Math.ceil(end / 3) });
  assert.deepEqual(await controlIds(engine), expectedControl(end));
  const kept = await engine.log.read(EVENTS, 0, begin, 1_000);
  assert.deepEqual(
    kept.map(({ offset, record }) => [offset, record.id]),
    Array.from({ length: end - begin }, (_, i) => [begin + i, `f${begin + i}`]),
  );
  if (begin > 0) await assert.rejects(engine.log.read(EVENTS, 0, begin - 1, 1), OffsetOutOfRangeError);
}

describe('retention', () => {
  it('deletes what is old, keeps control whole, and goes on at the same offsets after a restart', () =>
    inFolder(async (dataDir) => {
      const engine = await open(dataDir);
      const reference = await write(engine, 0, 60);
      const before = segmentsIn(dataDir).length;
      assert.ok((await engine.retire()) > 3);
      assert.ok(segmentsIn(dataDir).length < before);
      const { begin } = await engine.log.bounds(EVENTS, 0);
      assert.ok(begin > 0);
      await holds(engine, begin, 60);
      await assert.rejects(engine.content.get(reference), ContentMissingError);
      await engine.close();
      const again = await open(dataDir);
      await holds(again, begin, 60);
      await write(again, 60, 120);
      assert.ok((await again.retire()) > 3);
      const { begin: later } = await again.log.bounds(EVENTS, 0);
      assert.ok(later > begin);
      await holds(again, later, 120);
      await again.close();
      const last = await open(dataDir);
      await holds(last, later, 120);
      await last.close();
    }));

  it('finishes a deletion that a crash or a power cut left half done', () =>
    inFolder(async (dataDir) => {
      const engine = await open(dataDir);
      await write(engine, 0, 60);
      const old = join(dataDir, 'old');
      cpSync(join(dataDir, 'segments'), old, { recursive: true });
      await engine.retire();
      const { begin } = await engine.log.bounds(EVENTS, 0);
      await engine.close();
      const segments = join(dataDir, 'segments');
      const [kept] = segmentsIn(dataDir).sort() as [string];
      // The names before it are there again, some of them; its index was not written yet.
      for (const name of [
        '0000000001.segment',
        '0000000001.index',
        '0000000003.segment',
        kept.replace('segment', 'index'),
      ]) {
        cpSync(join(old, name), join(segments, name));
      }
      const again = await open(dataDir);
      await holds(again, begin, 60);
      assert.equal(segmentsIn(dataDir).sort()[0], kept);
      await again.close();
    }));

  it('keeps a submission that is not expanded, and what a fold has yet to read', () =>
    inFolder(async (dataDir) => {
      const engine = await open(dataDir);
      await engine.log.append([{ topic: 'mail.submissions', partition: 2, records: [RECEIVED] }]);
      await write(engine, 0, 60);
      assert.equal(await engine.retire(), 0);
      await engine.log.commit('ingest-expander', 'mail.submissions', 2, 1);
      const store = await engine.state.open('scheduler-0');
      await store.write({ positions: new Map([['mail.events-0', 30]]) });
      await engine.retire();
      const { begin } = await engine.log.bounds(EVENTS, 0);
      assert.ok(begin > 0 && begin <= 30);
      await engine.close();
    }));

  it('keeps no submission that is expanded for a fold that writes its position seldom', () =>
    inFolder(async (dataDir) => {
      const engine = await open(dataDir);
      await engine.log.append([{ topic: 'mail.submissions', partition: 2, records: [RECEIVED, RECEIVED] }]);
      await write(engine, 0, 60);
      await engine.log.commit('ingest-expander', 'mail.submissions', 2, 2);
      const store = await engine.state.open('ingest-keys');
      await store.write({ positions: new Map([['mail.submissions-2', 1]]) });
      assert.ok((await engine.retire()) > 3);
      await engine.close();
    }));

  it('deletes nothing that is younger', () =>
    inFolder(async (dataDir) => {
      const engine = await openEmbedded({
        dataDir,
        telemetry: { log: () => {} },
        onFatal: assert.ifError,
        segmentBytes: 1_500,
        retentionMs: 60_000,
      });
      await write(engine, 0, 60);
      assert.equal(await engine.retire(), 0);
      await holds(engine, 0, 60);
      await engine.close();
    }));
});
