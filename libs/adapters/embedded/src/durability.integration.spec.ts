import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Fact } from '@penstock/events';
import { FolderLockedError } from './folder-lock.ts';
import { SYNC } from './held-files.ts';
import { type Embedded, type EmbeddedOptions, openEmbedded } from './open-embedded.ts';

const silent = { log: () => {} };

function fact(n: number): Fact {
  const body = { claimId: `c${n}`, owner: 'durability' };
  return { id: `f${n}`, type: 'partition_claimed', version: 1, at: n, partition: 0, body };
}

const append = (engine: Embedded, n: number) =>
  engine.log.append([{ topic: 'mail.events', partition: 0, records: [fact(n)] }]);

function inFolder(body: (dataDir: string) => Promise<void>): () => Promise<void> {
  return async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'penstock-durability-'));
    try {
      await body(dataDir);
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  };
}

function open(dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<Embedded> {
  return openEmbedded({ dataDir, telemetry: silent, onFatal: () => {}, ...options });
}

function held(initial: number) {
  const state = new Int32Array(new SharedArrayBuffer(4)).fill(initial);
  const files = { url: new URL('./held-files.js', import.meta.url).href, data: state };
  const set = (value: number) => {
    Atomics.store(state, 0, value);
    Atomics.notify(state, 0);
  };
  return { files, set };
}

/** Turns of the event loop, plenty for anything that does not wait for the disk. */
async function someTurns(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('durability', () => {
  it(
    'shows a record, and answers its append, only after the sync',
    inFolder(async (dataDir) => {
      const { files, set } = held(SYNC.held);
      const engine = await open(dataDir, { files });
      const happened: string[] = [];
      const seen = new Promise<void>((resolve) => {
        void engine.log.join({
          group: 'readers',
          topic: 'mail.events',
          handler: {
            assigned: async () => 0,
            batch: async () => {
              happened.push('seen');
              resolve();
            },
            revoked: async () => {},
            failed: () => {},
          },
        });
      });
      const [reference] = await engine.content.put([Buffer.from('content')]);
      const appended = append(engine, 0).then(() => happened.push('appended'));
      await someTurns();
      assert.deepEqual(happened, []);
      assert.deepEqual(await engine.log.bounds('mail.events', 0), { begin: 0, end: 0 });
      assert.equal(String(Buffer.from(await engine.content.get(reference as string))), 'content');
      set(SYNC.free);
      await Promise.all([appended, seen]);
      assert.deepEqual(await engine.log.bounds('mail.events', 0), { begin: 0, end: 1 });
      await engine.close();
    }),
  );

  it(
    'rejects everything that waits and everything that comes after a failed sync, and says once that it is over',
    inFolder(async (dataDir) => {
      const { files, set } = held(SYNC.free);
      const fatal: string[] = [];
      const engine = await open(dataDir, { files, onFatal: (error) => fatal.push(error.message) });
      await append(engine, 0);
      set(SYNC.held);
      const first = append(engine, 1);
      await someTurns();
      const waiting = append(engine, 2);
      set(SYNC.failing);
      await assert.rejects(first, /no space left/);
      await assert.rejects(waiting, /no space left/);
      await assert.rejects(append(engine, 3), /no space left/);
      await assert.rejects(engine.content.put([Buffer.from('late')]), /no space left/);
      assert.equal(fatal.length, 1);
      await engine.close();
      const again = await open(dataDir);
      const { end } = await again.log.bounds('mail.events', 0);
      assert.ok(end >= 1);
      await again.close();
    }),
  );

  it(
    'waits where there is no space for a write, gives up its reserve, and goes on when there is some',
    inFolder(async (dataDir) => {
      const { files, set } = held(SYNC.free);
      const engine = await open(dataDir, { files, reserveBytes: 4096 });
      const reserve = join(dataDir, 'reserve');
      while (!existsSync(reserve)) await new Promise((resolve) => setImmediate(resolve));
      await append(engine, 0);
      set(SYNC.full);
      const exhausted = new Promise<void>((resolve) => engine.room.onChange(resolve));
      const waiting = Promise.all([append(engine, 1), append(engine, 2)]);
      await exhausted;
      assert.match(engine.room.full() ?? '', /disk is full/);
      assert.ok(engine.room.exhausted());
      assert.ok(!existsSync(reserve));
      assert.deepEqual(await engine.log.bounds('mail.events', 0), { begin: 0, end: 1 });
      set(SYNC.free);
      await waiting;
      while (engine.room.full() !== undefined) await new Promise((resolve) => setImmediate(resolve));
      assert.ok(existsSync(reserve));
      await engine.close();
      const again = await open(dataDir);
      const records = await again.log.read('mail.events', 0, 0, 10);
      assert.deepEqual(
        records.map(({ record }) => record.id),
        ['f0', 'f1', 'f2'],
      );
      await again.close();
    }),
  );

  it(
    'can be closed while there is no space, and keeps what was acknowledged',
    inFolder(async (dataDir) => {
      const { files, set } = held(SYNC.free);
      const engine = await open(dataDir, { files, reserveBytes: 4096 });
      await append(engine, 0);
      set(SYNC.full);
      const exhausted = new Promise<void>((resolve) => engine.room.onChange(resolve));
      const waiting = assert.rejects(append(engine, 1), /closed while there was no space/);
      await exhausted;
      await engine.close();
      await waiting;
      const again = await open(dataDir);
      assert.deepEqual(await again.log.bounds('mail.events', 0), { begin: 0, end: 1 });
      await again.close();
    }),
  );

  it(
    'refuses a folder that somebody uses, by name, and takes it once they are gone',
    inFolder(async (dataDir) => {
      const engine = await open(dataDir);
      await assert.rejects(open(dataDir), (error: unknown) => {
        return error instanceof FolderLockedError && error.message.includes(dataDir);
      });
      await engine.close();
      await (await open(dataDir)).close();
    }),
  );
});

interface Acknowledged {
  readonly partition: number;
  readonly offset: number;
  readonly id: string;
  readonly reference: string;
}

/** Runs the writer until it has acknowledged `count` records, then kills it. Answers all it acknowledged. */
async function killAfter(dataDir: string, name: string, count: number): Promise<readonly Acknowledged[]> {
  const program = fileURLToPath(new URL('./append-until-killed.js', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [program, dataDir, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const acknowledged: Acknowledged[] = [];
  let partial = '';
  assert.ok(child.stdout);
  for await (const chunk of child.stdout) {
    const lines = (partial + String(chunk)).split('\n');
    partial = lines.pop() ?? '';
    for (const line of lines) {
      const [partition, offset, id, reference] = line.split(' ') as [string, string, string, string];
      acknowledged.push({ partition: Number(partition), offset: Number(offset), id, reference });
      if (acknowledged.length === count) child.kill('SIGKILL');
    }
  }
  return acknowledged;
}

describe('SIGKILL in the middle of appends', () => {
  it(
    'loses nothing that was acknowledged, record or content, time after time',
    inFolder(async (dataDir) => {
      const acknowledged: Acknowledged[] = [];
      for (const [round, count] of [120, 1, 333].entries()) {
        acknowledged.push(...(await killAfter(dataDir, `r${round}`, count)));
        const engine = await open(dataDir);
        for (const { partition, offset, id, reference } of acknowledged) {
          const [stored] = await engine.log.read('mail.events', partition, offset, 1);
          assert.equal(stored?.record.id, id);
          const [, writer, n] = id.split('-');
          const content = await engine.content.get(reference);
          assert.equal(content.length, 500 + Number(n));
          assert.ok(Buffer.from(content).toString().startsWith(`${writer}-${n} `));
        }
        await engine.close();
      }
    }),
  );
});
