import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { ContentDamagedError, ContentMissingError } from '@penstock/ports';
import { openFolderContent } from './open-folder-content.ts';
import { StorageSetupError, StorageUnavailableError } from './storage/object-storage.ts';

const PORTS = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry: { log: () => {} } };
const UNKEPT = { cacheBytes: 0, readAheadBytes: 0 };
const HOUR_MS = 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'penstock-folder-'));
after(() => rmSync(folder, { recursive: true }));

function openAt(path: string, at?: () => number) {
  const clock = at ? { now: at, monotonic: () => systemClock.monotonic() } : systemClock;
  return openFolderContent({ ...PORTS, clock, folder: path, create: true, packing: UNKEPT });
}

function segments(path: string): readonly string[] {
  const root = join(path, 'content');
  return readdirSync(root).flatMap((hour) => readdirSync(join(root, hour)).map((name) => join(root, hour, name)));
}

describe('content in a shared folder', () => {
  it('of a process killed before the rename was never there, and the next one goes on', async () => {
    const path = join(folder, 'killed');
    const script = `
      const { openFolderContent } = await import(${JSON.stringify(new URL('./index.js', import.meta.url).href)});
      const system = await import(${JSON.stringify(import.meta.resolve('@penstock/adapter-system'))});
      let puts = 0;
      const content = await openFolderContent({
        clock: system.systemClock, timers: system.systemTimers, random: system.systemRandom,
        telemetry: { log() {} }, folder: process.argv[1], create: true,
        // The first is the check at open, the second the segment that is told.
        steps: { written: async () => { if (++puts === 3) process.kill(process.pid, 'SIGKILL'); } },
      });
      const [reference] = await content.put([Buffer.from('told')]);
      process.stdout.write(reference);
      await content.put([Buffer.from('never told')]);
      process.stdout.write('!');`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, path]);
    let told = '';
    child.stdout.on('data', (text) => {
      told += text;
    });
    const [, signal] = await once(child, 'close');
    assert.equal(signal, 'SIGKILL');
    assert.equal(segments(path).filter((name) => name.endsWith('.part')).length, 1);
    const content = await openAt(path);
    assert.equal(Buffer.from(await content.get(told)).toString(), 'told');
    const [reference = ''] = await content.put([Buffer.from('more')]);
    assert.equal(Buffer.from(await content.get(reference)).toString(), 'more');
    await content.close();
  });

  it('that was cut or altered is damaged, that was deleted is missing, and the rest is as it was', async () => {
    const path = join(folder, 'damaged');
    const content = await openAt(path);
    const [first = '', second = '', third = ''] = await content.put(['one', 'two', 'three'].map((t) => Buffer.from(t)));
    const [segment = ''] = segments(path);
    const bytes = readFileSync(segment);
    truncateSync(segment, bytes.length - 2);
    await assert.rejects(content.get(third), ContentDamagedError);
    assert.equal(Buffer.from(await content.get(second)).toString(), 'two');
    const altered = Buffer.from(bytes);
    altered[9] = 0x21;
    writeFileSync(segment, altered);
    await assert.rejects(content.get(first), ContentDamagedError);
    assert.equal(Buffer.from(await content.get(third)).toString(), 'three');
    unlinkSync(segment);
    await assert.rejects(content.get(second), ContentMissingError);
    await content.close();
  });

  it('is not said to be missing while the drive is', async () => {
    const path = join(folder, 'unmounted');
    const content = await openAt(path);
    const [reference = ''] = await content.put([Buffer.from('x')]);
    rmSync(path, { recursive: true });
    await assert.rejects(content.get(reference), StorageUnavailableError);
    await content.close();
  });

  it('is refused at the start where the folder is not there, or is a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [join(folder, 'absent'), file]) {
      const opened = openFolderContent({ ...PORTS, folder: path });
      await assert.rejects(opened, (error) => error instanceof StorageSetupError && error.message.includes(path));
    }
  });

  it('older than is kept goes hour by hour, by whoever sweeps, and with it what a killed process left', async () => {
    const path = join(folder, 'swept');
    const start = Date.UTC(2026, 0, 31, 22, 30);
    let now = start;
    const content = await openAt(path, () => now);
    const references: string[] = [];
    for (; now < start + 5 * HOUR_MS; now += HOUR_MS) references.push(...(await content.put([Buffer.from('x')])));
    writeFileSync(`${segments(path)[0]}.part`, 'half');
    const rule = { retentionMs: 3 * HOUR_MS, leastMs: () => 3 * HOUR_MS };
    const [one, other] = [content.sweep(rule), content.sweep(rule)];
    await Promise.all([one.sweep(), other.sweep()]);
    // It is 03:30: what was written before 00:00 is over three hours old, and so is all of the hour from 23:00.
    assert.deepEqual(readdirSync(join(path, 'content')), ['2026020100', '2026020101', '2026020102']);
    await assert.rejects(content.get(references[1] as string), ContentMissingError);
    await content.get(references[2] as string);
    assert.deepEqual(await one.sweep(), []);
    await content.close();
  });

  it('stays while the policy in force may need it for longer, or none is in force', async () => {
    const path = join(folder, 'needed');
    let now = Date.UTC(2026, 0, 1);
    const content = await openAt(path, () => now);
    await content.put([Buffer.from('x')]);
    now += 1000 * HOUR_MS;
    let leastMs: number | undefined;
    const sweeper = content.sweep({ retentionMs: 168 * HOUR_MS, leastMs: () => leastMs });
    assert.deepEqual(await sweeper.sweep(), []);
    leastMs = 169 * HOUR_MS;
    assert.deepEqual(await sweeper.sweep(), []);
    assert.throws(() => content.sweep({ retentionMs: 168 * HOUR_MS, leastMs: () => leastMs }), StorageSetupError);
    leastMs = 168 * HOUR_MS;
    assert.deepEqual(await sweeper.sweep(), ['2026010100']);
    await content.close();
  });
});
