import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { calm, course, disturbance, OPTIONS } from '../checking/histories.ts';
import { checkHistory } from '../checking/index.ts';
import type { HistoryEntry } from '../history.ts';
import { HISTORY_FILE, type ReportMeta, readRunFolder, renderReport, writeDescription, writeReport } from './index.ts';
import { placeLane } from './lanes.ts';

const META: ReportMeta = {
  machine: '2 cores, Node 24.0.0',
  commit: 'abc1234',
  command: 'npm run faults -- --seconds 600 --seed 7',
  madeOn: '2026-11-23',
  seconds: 600,
  perSecond: 20,
  engines: 'Kafka 4.1.2 with three brokers and Redis',
  skipped: [],
  trouble: [],
};

const HISTORY: readonly HistoryEntry[] = [
  ...calm(200),
  disturbance({ at: 4_008, until: 6_000 }),
  disturbance({ at: 4_100, until: 49_100, fault: 'sigstop', target: 'scheduler-2' }),
  disturbance({ at: 30_000, until: 30_000, fault: 'redis_flush', target: 'redis' }),
  disturbance({ at: 63_500, until: 64_000, fault: 'broker_kill', target: 'kafka-1' }),
  ...course({ id: 'm900', at: 4_000, receivedAt: [4_010, 64_000] }),
  ...course({ id: 'm901', at: 4_000, receivedAt: [64_010] }),
];

const VERDICT = checkHistory(HISTORY, OPTIONS);

test('a report states the verdict, how to repeat the run, and what each fault did', () => {
  const { 'report.md': page } = renderReport(HISTORY, VERDICT, META);
  assert.match(page, /\*\*The run holds\.\*\*/);
  assert.ok(page.includes(META.command));
  assert.match(page, /\| sigkill \| 1 \| dispatcher-1 \| 6 \| 1 \| 60\.0 s \|/);
  assert.match(page, /\| narrow \| 127\.0\.0\.11 \| 203 \| 100 in 1\.0 s \| 50 \(50 %\)/);
  assert.match(page, /1 mails arrived more than once, in 1 copies beyond the first; 1 of these had been announced/);
  assert.doesNotMatch(page, /NaN|undefined|Infinity/);
});

test('a run with trouble beside its history does not hold, and says which', () => {
  const { 'report.md': page } = renderReport(HISTORY, VERDICT, { ...META, trouble: ['a broker did not come back'] });
  assert.match(page, /The run does not hold/);
  assert.match(page, /- a broker did not come back/);
});

test('examples of what was found are in the report', () => {
  const spoilt = HISTORY.filter((entry) => !(entry.kind === 'reception' && entry.id === 'm3'));
  const { 'report.md': page } = renderReport(spoilt, checkHistory(spoilt, OPTIONS), META);
  assert.match(page, /The run does not hold/);
  assert.match(page, /- m3: the log says delivered, and nobody has it/);
});

test('everything in the plot lies within it, and every fault has a band in its lane and its label', () => {
  const { 'timeline.svg': svg } = renderReport(HISTORY, VERDICT, META);
  const [, width = 0, height = 0] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
  assert.equal(width, 1_200);
  for (const [, name, value] of svg.matchAll(/ (x|x1|x2|y|y1|y2)="([^"]*)"/g)) {
    const most = name?.startsWith('x') ? width : height;
    assert.ok(Number(value) >= 0 && Number(value) <= most, `${name} is ${value}`);
  }
  for (const label of ['dispatcher-1', 'scheduler-2', 'redis', 'kafka-1', 'sigkill', 'accepted/s', 'received/s']) {
    assert.ok(svg.includes(`>${label}</text>`), label);
  }
  assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
});

test('bands and labels of a lane do not lie upon each other', () => {
  const bands = Array.from({ length: 12 }, (_, n) => {
    return { from: n * 40, to: n * 40 + 10, label: 'dispatcher-1', colour: '#000000' };
  });
  const placed = placeLane({ name: 'sigkill', colour: '#000000', bands }, (ms) => ms, 500);
  for (const one of placed.bands) {
    assert.ok(Math.max(one.x + one.width, one.labelX + one.label.length * 6) <= 500);
    for (const other of placed.bands) {
      if (one === other || one.line !== other.line) continue;
      const [first, second] = one.x < other.x ? [one, other] : [other, one];
      const end = Math.max(first.x + first.width, first.labelX + first.label.length * 6);
      assert.ok(end <= Math.min(second.x, second.labelX), `${first.x} and ${second.x}`);
    }
  }
});

test('an empty run has a report too', () => {
  const files = renderReport([], checkHistory([], OPTIONS), META);
  assert.doesNotMatch(files['report.md'] + files['timeline.svg'], /NaN|undefined|Infinity/);
});

test('a folder that a run left is judged the same again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-run-folder-'));
  try {
    const options = { ...OPTIONS, catchUp: Number.POSITIVE_INFINITY };
    writeFileSync(join(folder, HISTORY_FILE), HISTORY.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    writeDescription(folder, { options, meta: META });
    const read = await readRunFolder(folder);
    assert.deepEqual(read, { options, meta: META, history: HISTORY });
    assert.deepEqual(checkHistory(read.history, read.options), checkHistory(HISTORY, options));
    writeReport(folder, renderReport(read.history, VERDICT, META));
    assert.match(readFileSync(join(folder, 'report.md'), 'utf8'), /A run of faults/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
