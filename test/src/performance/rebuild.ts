/**
 * How fast read models are rebuilt: makes a log of realistic facts, folds it live, rebuilds it beside, compares, then
 * makes one row wrong and shows that the comparison finds it and that a switch puts it right.
 *
 * node test/dist/performance/rebuild.js [--facts 1000000] [--data-dir DIR]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RebuildView } from '@penstock/projector';
import { FoldedLog, writeFacts } from './rebuilding.ts';

const { values } = parseArgs({
  options: { facts: { type: 'string', default: '1000000' }, 'data-dir': { type: 'string' } },
});
const facts = Number(values.facts);
const dataDir = values['data-dir'] ?? mkdtempSync(join(tmpdir(), 'penstock-rebuild-'));

function rate(count: number, since: number): number {
  return Math.round((count * 1000) / (performance.now() - since));
}

function different(view: RebuildView): readonly string[] {
  return view.results.flatMap(({ sections }) => sections.flatMap(({ differing }) => differing.map(({ key }) => key)));
}

function standstill(view: RebuildView): number {
  return Math.round(Math.max(...view.results.map(({ longestStandstillMs }) => longestStandstillMs)));
}

function show(view: RebuildView): void {
  const { factsFolded, factsInAll, share, factsPerSecond } = view.progress;
  if (!process.stderr.isTTY) return;
  process.stderr.write(`\r${(share * 100).toFixed(1)} %  ${factsFolded} of ${factsInAll}  ${factsPerSecond}/s   `);
}

async function main(): Promise<void> {
  let started = performance.now();
  const written = await writeFacts(dataDir, facts, Date.now());
  console.log(`${written} facts written, ${rate(written, started)}/s`);
  started = performance.now();
  const folded = await FoldedLog.open(dataDir);
  await folded.settled();
  const liveRate = rate(written, started);
  console.log(`folded live, ${liveRate}/s`);
  const check = await folded.rebuild(false, show);
  console.log(`rebuilt beside, ${check.progress.factsPerSecond}/s; equal: ${check.equal} ${check.error ?? ''}`);
  for (const { section, rows, liveDigest, equal } of check.results.flatMap(({ sections }) => sections)) {
    console.log(`  ${section}: ${rows} rows, ${liveDigest.slice(0, 16)}…, ${equal ? 'equal' : 'DIFFERENT'}`);
  }
  started = performance.now();
  const exported = await folded.exportAll();
  const exportRate = rate(exported, started);
  console.log(`${exported} records exported as JSON Lines, ${exportRate}/s`);
  const key = await folded.corruptOneRow();
  const found = await folded.rebuild(false, show);
  console.log(`one row made wrong (${key}); found: ${different(found).join()}`);
  const swapped = await folded.rebuild(true, show);
  const healed = await folded.rebuild(false, show);
  console.log(`switched (stood still ${standstill(swapped)} ms); equal now: ${healed.equal}`);
  await folded.close();
  const foundIt = different(found).join() === key;
  console.log(
    JSON.stringify({
      facts: written,
      live_facts_per_s: liveRate,
      rebuild_facts_per_s: check.progress.factsPerSecond,
      export_records_per_s: exportRate,
      rebuild_ms: check.elapsedMs,
      standstill_ms: standstill(check),
      equal: check.equal,
      corruption_found: foundIt,
      equal_after_swap: healed.equal,
      rss_mb: Math.round(process.memoryUsage().rss / 1e6),
    }),
  );
  if (!check.equal || !foundIt || !healed.equal) process.exitCode = 1;
}

try {
  await main();
} finally {
  if (values['data-dir'] === undefined) rmSync(dataDir, { recursive: true, force: true });
}
