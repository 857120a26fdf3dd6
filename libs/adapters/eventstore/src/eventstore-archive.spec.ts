import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ArchiveEntry, ArchiveUnavailableError } from '@penstock/ports';
import { archiveConformance } from '@penstock/testing';
import { openEventStoreArchive } from './open-archive.ts';
import { EventStorePeer, type Fault } from './peer/eventstore-peer.spec.ts';

const NOWHERE: ReadonlyMap<string, number> = new Map();

function open({ connectionString }: EventStorePeer, log: string[] = [], timeoutMs = 20_000) {
  const telemetry = { log: (_level: string, event: string) => void log.push(event) };
  return openEventStoreArchive({ connectionString, telemetry, timeoutMs, retryMs: 1 });
}

for (const [name, batches] of [
  ['a peer of its streams protocol, by BatchAppend', true],
  ['a peer of its streams protocol, by Append', false],
] as const) {
  archiveConformance(`eventstore against ${name}`, async () => {
    const peer = await new EventStorePeer(batches).start();
    let archive = await open(peer);
    return {
      get archive() {
        return archive;
      },
      reopen: async () => {
        await archive.close();
        archive = await open(peer);
      },
      close: async () => {
        await archive.close();
        peer.stop();
      },
    };
  });
}

function entry(stream: string, n: number): ArchiveEntry {
  return { stream, eventId: `e${n}`, type: 'delivered', at: n, json: JSON.stringify({ n }) };
}

type WithPeer = (
  body: (peer: EventStorePeer, archive: Awaited<ReturnType<typeof open>>, log: string[]) => Promise<void>,
  batches?: boolean,
  timeoutMs?: number,
) => () => Promise<void>;

const withPeer: WithPeer =
  (body, batches = true, timeoutMs = 20_000) =>
  async () => {
    const peer = await new EventStorePeer(batches).start();
    const log: string[] = [];
    const archive = await open(peer, log, timeoutMs);
    try {
      await body(peer, archive, log);
    } finally {
      await archive.close();
      peer.stop();
    }
  };

/** Numbers of the events the peer holds. */
function held(peer: EventStorePeer, stream: string): readonly number[] {
  const text = new TextDecoder();
  return (peer.streams.events(stream) ?? []).map(({ data }) => (JSON.parse(text.decode(data)) as { n: number }).n);
}

describe('the archive in EventStoreDB, as far as a peer can tell', () => {
  for (const batches of [true, false]) {
    for (const fault of ['lose_answer', 'lose_append', 'hang', 'end'] satisfies Fault[]) {
      it(
        `neither doubles nor loses events where the server does ${fault}, by ${batches ? 'BatchAppend' : 'Append'}`,
        withPeer(
          async (peer, archive) => {
            peer.faults.push(undefined, fault, undefined, fault);
            const entries = [1, 2, 3, 4].flatMap((n) => [entry('a', n), entry('b', n), entry('c', n)]);
            await archive.append(entries, new Map([['mail.events-0', 4]]));
            peer.faults.push(fault);
            await archive.append([entry('a', 4), entry('a', 5)], NOWHERE);
            assert.deepEqual(held(peer, 'a'), [1, 2, 3, 4, 5]);
            for (const stream of ['b', 'c']) assert.deepEqual(held(peer, stream), [1, 2, 3, 4]);
            assert.deepEqual(await archive.positions(), new Map([['mail.events-0', 4]]));
          },
          batches,
          fault === 'hang' || fault === 'end' ? 1_000 : undefined,
        ),
      );
    }
  }

  it(
    'appends only what another writer has not, after what it has',
    withPeer(async (peer, archive) => {
      await archive.append([entry('a', 1)], NOWHERE);
      peer.streams.append('a', 0n, [
        { id: 'x', type: 't', contentType: 'application/json', data: bytes('{"n":9}'), metadata: bytes('{}') },
      ]);
      await archive.append([entry('a', 1), entry('a', 2)], NOWHERE);
      assert.deepEqual(held(peer, 'a'), [1, 9, 2]);
    }),
  );

  it(
    'splits what is too large for one append and keeps its order',
    withPeer(async (peer, archive) => {
      const long = Array.from({ length: 900 }, (_, n) => entry('message-m', n));
      const before = peer.calls.batchAppend;
      await archive.append(long, NOWHERE);
      assert.equal(peer.calls.batchAppend - before, 5);
      assert.deepEqual(
        held(peer, 'message-m'),
        long.map((_, n) => n),
      );
    }),
  );

  it(
    'says that the server is away, goes on when it is back, and tells of both',
    withPeer(async (peer, archive, log) => {
      await archive.append([entry('a', 1)], new Map([['mail.events-0', 1]]));
      peer.stop();
      await assert.rejects(archive.append([entry('a', 2)], new Map([['mail.events-0', 2]])), ArchiveUnavailableError);
      await assert.rejects(archive.read('a', 0, 1), ArchiveUnavailableError);
      await peer.start();
      assert.deepEqual(await archive.positions(), new Map([['mail.events-0', 1]]));
      await archive.append([entry('a', 1), entry('a', 2)], new Map([['mail.events-0', 2]]));
      assert.deepEqual(held(peer, 'a'), [1, 2]);
      assert.deepEqual(await archive.positions(), new Map([['mail.events-0', 2]]));
      assert.deepEqual(log, ['archive_unreachable', 'archive_reachable']);
    }),
  );

  it(
    'gets over a connection lost with many streams under way',
    withPeer(async (peer, archive) => {
      const entries = Array.from({ length: 300 }, (_, n) => entry(`s${n}`, 1));
      peer.faults.push(...Array.from({ length: 60 }, (): undefined => undefined), 'lose_answer');
      await archive.append(entries, NOWHERE);
      for (const { stream } of entries) assert.deepEqual(held(peer, stream), [1]);
    }),
  );

  it('opens while the server is away', async () => {
    const peer = await new EventStorePeer(true).start();
    peer.stop();
    const archive = await open(peer);
    await assert.rejects(archive.positions(), ArchiveUnavailableError);
    await peer.start();
    assert.equal((await archive.positions()).size, 0);
    await archive.close();
    peer.stop();
  });

  it('refuses a connection string without showing it', async () => {
    const connectionString = 'postgres://user:secret@host';
    await assert.rejects(openEventStoreArchive({ connectionString, telemetry: { log: () => undefined } }), (error) => {
      assert.ok(error instanceof TypeError && !error.message.includes('secret'));
      return true;
    });
  });
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

it('whose server is away tells nobody that it is empty, however many ask at once', async () => {
  const peer = await new EventStorePeer(true).start();
  peer.stop();
  const archive = await open(peer, [], 5_000);
  try {
    const asked = await Promise.allSettled([1, 2, 3, 4].map(() => archive.positions()));
    for (const answer of asked) {
      assert.ok(answer.status === 'rejected' && answer.reason instanceof ArchiveUnavailableError);
    }
  } finally {
    await archive.close();
  }
});
