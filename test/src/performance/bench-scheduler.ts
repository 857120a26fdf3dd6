/** What the scheduler costs with much mail pending: npm run bench:scheduler; `--help` says what there is to choose. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { decideAlone } from './scheduler/decide-alone.ts';
import { durable } from './scheduler/durable.ts';

const { values } = parseArgs({
  options: {
    pending: { type: 'string', default: '1000000,10000000' },
    lanes: { type: 'string', default: '100000' },
    releases: { type: 'string', default: '200000' },
    parts: { type: 'string', default: 'decide,durable' },
    /** Runs one part in this process, for one number of pending deliveries. */
    alone: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const HELP = `Usage: npm run bench:scheduler -- [options]

Fills one partition (decide) or a whole scheduler with its log and state on disk (durable) with deliveries that wait, and
prints, as a line of JSON for each, what a release costs and what a pending delivery takes. Each runs in a process of its
own; ten million pending need 16 GB of memory and 30 GB of disk (TMPDIR).

  --pending N,N   deliveries that wait              (1000000,10000000)
  --lanes N       domains they are spread over      (100000)
  --releases N    releases that are measured        (200000)
  --parts P,P     decide, durable or both           (decide,durable)`;
const lanes = Number(values.lanes);
const releases = Number(values.releases);

/** Heap for 1.5 KB a delivery, and half a gigabyte for the rest. */
function heapMb(pending: number): number {
  return 512 + Math.ceil((pending * 1_500) / 1e6);
}

/** What `--expose-gc` gives. */
function collect(): void {
  if (!globalThis.gc) throw new Error('run it by npm run bench:scheduler: it needs node --expose-gc');
  globalThis.gc();
}

async function alone(part: string, pending: number): Promise<void> {
  const mail = { deliveries: pending, lanes, at: Date.now() - 1_000 };
  if (part === 'decide') {
    console.log(JSON.stringify({ part, ...decideAlone(mail, releases, collect) }));
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'penstock-scheduler-'));
  try {
    console.log(JSON.stringify({ part, ...(await durable(mail, releases, folder)) }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function inChild(part: string, pending: number): void {
  const self = fileURLToPath(import.meta.url);
  const options = ['--alone', '--parts', part, '--pending', String(pending)];
  const { status } = spawnSync(
    process.execPath,
    [
      '--expose-gc',
      `--max-old-space-size=${heapMb(pending)}`,
      self,
      ...options,
      '--lanes',
      String(lanes),
      '--releases',
      String(releases),
    ],
    { stdio: 'inherit' },
  );
  if (status !== 0) process.exitCode = 1;
}

async function main(): Promise<void> {
  if (values.help) {
    console.log(HELP);
    return;
  }
  for (const pending of values.pending.split(',').map(Number)) {
    for (const part of values.parts.split(',')) {
      if (values.alone) await alone(part, pending);
      else inChild(part, pending);
    }
  }
}

await main();
