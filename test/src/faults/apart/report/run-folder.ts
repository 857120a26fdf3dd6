/** What a run leaves behind in its folder, so that it can be judged anew. */
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CheckOptions } from '../checking/index.ts';
import type { HistoryEntry } from '../history.ts';
import type { ReportFiles } from './report.ts';
import type { ReportMeta } from './report-meta.ts';

/** One entry a line. */
export const HISTORY_FILE = 'history.jsonl';
/** Under what it was made. */
export const RUN_FILE = 'run.json';

export interface RunDescription {
  readonly options: CheckOptions;
  readonly meta: ReportMeta;
}

export function writeDescription(folder: string, description: RunDescription): void {
  writeFileSync(join(folder, RUN_FILE), `${JSON.stringify(description, infiniteAsText, 2)}\n`);
}

export function writeReport(folder: string, files: ReportFiles): void {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

/** @throws Error where a file is missing or cannot be read */
export async function readRunFolder(
  folder: string,
): Promise<RunDescription & { readonly history: readonly HistoryEntry[] }> {
  const text = readFileSync(join(folder, RUN_FILE), 'utf8');
  const description = JSON.parse(text, (_, value) => (value === INFINITE ? Number.POSITIVE_INFINITY : value));
  return { ...(description as RunDescription), history: await readHistory(join(folder, HISTORY_FILE)) };
}

async function readHistory(file: string): Promise<readonly HistoryEntry[]> {
  const history: HistoryEntry[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    number += 1;
    if (line.trim() === '') continue;
    try {
      history.push(JSON.parse(line) as HistoryEntry);
    } catch {
      throw new Error(`${file}: line ${number} is no JSON`);
    }
  }
  return history;
}

const INFINITE = 'infinite';

/** JSON has no word for it. */
function infiniteAsText(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? INFINITE : value;
}
