import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Archive, ArchiveEntry } from '@penstock/ports';
import { fact } from './event-log-harness.ts';

export interface ArchiveHarness {
  readonly archive: Archive;
  /** Ends the process and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

function entry(stream: string, n: number): ArchiveEntry {
  const data = fact(0, n);
  return { stream, eventId: data.id, type: data.type, at: data.at, json: JSON.stringify(data) };
}

const NOWHERE: ReadonlyMap<string, number> = new Map();

type WithArchive = (body: (harness: ArchiveHarness) => Promise<void>) => () => Promise<void>;

/** Revision and number of each event. */
async function ordinals(archive: Archive, stream: string, from = 0, limit = 100) {
  return (await archive.read(stream, from, limit)).map(({ revision, at }) => [revision, at - 1_700_000_000_000]);
}

/** Everything an Archive promises, as tests. `open` gives an empty archive each time. */
export function archiveConformance(name: string, open: () => Promise<ArchiveHarness>): void {
  const withArchive: WithArchive = (body) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`archive: ${name}`, () => {
    streamsConform(withArchive);
    longStreamsConform(withArchive);
    appendsConform(withArchive);
  });
}

function streamsConform(withArchive: WithArchive): void {
  it(
    'gives the events of each stream in the order they came, as they were',
    withArchive(async ({ archive }) => {
      await archive.append([entry('m.0.0', 1), entry('m.1.0', 2), entry('m.0.0', 3)], NOWHERE);
      await archive.append([entry('m.0.0', 4)], NOWHERE);
      assert.deepEqual(await ordinals(archive, 'm.0.0'), [
        [0, 1],
        [1, 3],
        [2, 4],
      ]);
      const { stream: _, json, ...event } = entry('m.1.0', 2);
      assert.deepEqual(await archive.read('m.1.0', 0, 10), [{ revision: 0, ...event, data: JSON.parse(json) }]);
    }),
  );

  it(
    'takes an event id once in a stream, in one append or in many, before and after a restart',
    withArchive(async (harness) => {
      await harness.archive.append([entry('a', 1), entry('a', 1), entry('b', 1)], NOWHERE);
      await harness.archive.append([entry('a', 2), entry('a', 1)], NOWHERE);
      await harness.reopen();
      await harness.archive.append([entry('a', 2), entry('a', 3), entry('b', 1), entry('c', 1)], NOWHERE);
      assert.deepEqual(await ordinals(harness.archive, 'a'), [
        [0, 1],
        [1, 2],
        [2, 3],
      ]);
      assert.deepEqual(await ordinals(harness.archive, 'b'), [[0, 1]]);
      assert.deepEqual(await ordinals(harness.archive, 'c'), [[0, 1]]);
    }),
  );

  it(
    'reads a stream page by page, and nothing of one it does not know',
    withArchive(async ({ archive }) => {
      await archive.append(
        Array.from({ length: 10 }, (_, n) => entry('message-m', n)),
        NOWHERE,
      );
      assert.deepEqual(await ordinals(archive, 'message-m', 3, 2), [
        [3, 3],
        [4, 4],
      ]);
      assert.deepEqual(await ordinals(archive, 'message-m', 9, 5), [[9, 9]]);
      assert.deepEqual(await archive.read('message-m', 10, 5), []);
      assert.deepEqual(await archive.read('message-n', 0, 5), []);
    }),
  );
}

function longStreamsConform(withArchive: WithArchive): void {
  it(
    'keeps the order of a stream whose events come in many appends, long ones too',
    withArchive(async (harness) => {
      const some = (from: number, to: number) =>
        Array.from({ length: to - from }, (_, n) => entry('message-m', from + n));
      await harness.archive.append(some(0, 1), NOWHERE);
      await harness.archive.append([...some(0, 700), entry('b', 1)], NOWHERE);
      await harness.reopen();
      await harness.archive.append(some(650, 703), NOWHERE);
      const read = await harness.archive.read('message-m', 0, 1_000);
      assert.deepEqual(
        read.map(({ revision, eventId }) => [revision, eventId]),
        some(0, 703).map(({ eventId }, revision) => [revision, eventId]),
      );
      assert.deepEqual(await ordinals(harness.archive, 'message-m', 300, 2), [
        [300, 300],
        [301, 301],
      ]);
      assert.deepEqual(await ordinals(harness.archive, 'message-m', 702, 10), [[702, 702]]);
    }),
  );
}

function appendsConform(withArchive: WithArchive): void {
  it(
    'keeps the positions reached, with the entries or without any, through a restart',
    withArchive(async (harness) => {
      assert.equal((await harness.archive.positions()).size, 0);
      await harness.archive.append(
        [entry('a', 1)],
        new Map([
          ['mail.events-0', 5],
          ['mail.events-1', 1],
        ]),
      );
      await harness.archive.append([], new Map([['mail.events-0', 7]]));
      await harness.reopen();
      const positions = [...(await harness.archive.positions())].sort();
      assert.deepEqual(positions, [
        ['mail.events-0', 7],
        ['mail.events-1', 1],
      ]);
    }),
  );

  it(
    'writes all of an append or nothing of it',
    withArchive(async ({ archive }) => {
      await archive.append([entry('a', 1)], new Map([['mail.events-0', 1]]));
      const broken: ArchiveEntry = {
        ...entry('a', 3),
        get json(): string {
          throw new Error('no text can be made of it');
        },
      };
      await assert.rejects(archive.append([entry('a', 2), entry('b', 1), broken], new Map([['mail.events-0', 2]])));
      assert.deepEqual(await archive.positions(), new Map([['mail.events-0', 1]]));
      await archive.append([entry('b', 2), entry('a', 2)], NOWHERE);
      assert.deepEqual(await ordinals(archive, 'a'), [
        [0, 1],
        [1, 2],
      ]);
      assert.deepEqual(await ordinals(archive, 'b'), [[0, 2]]);
    }),
  );
}
