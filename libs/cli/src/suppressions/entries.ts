/** What a file of suppressions says, entry by entry. */
import { SUPPRESSION_REASONS } from '@penstock/events';
import { UserError } from '../console.ts';
import { csvRows } from './csv.ts';

/** As the API takes it. */
export interface Entry {
  readonly address: string;
  readonly reason?: string;
  /** ms since the epoch */
  readonly expires_at?: number;
}

/** An entry, or why a line has none; and the line. */
export type ReadEntry =
  | { readonly line: number; readonly entry: Entry }
  | { readonly line: number; readonly problem: string };

export const FORMATS = ['csv', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

const MOST_CHARACTERS = 100_000;
const REASONS: ReadonlySet<string> = new Set(SUPPRESSION_REASONS);

export function readEntries(format: Format, chunks: AsyncIterable<string>): AsyncGenerator<ReadEntry> {
  return format === 'csv' ? csvEntries(chunks) : jsonEntries(chunks);
}

/** Where a column is; each may be missing but the address. */
interface Columns {
  readonly address: number;
  readonly reason: number;
  readonly expiresAt: number;
}

/**
 * With a header that names `address` or `email`, or without one, the address first. Other columns are left alone, so
 * that a list from elsewhere can be given as it is; so are reasons that are not of ours.
 */
async function* csvEntries(chunks: AsyncIterable<string>): AsyncGenerator<ReadEntry> {
  let columns: Columns | undefined;
  for await (const { line, cells } of csvRows(chunks)) {
    if (!columns) {
      columns = headerOf(cells);
      if (columns) continue;
      columns = { address: 0, reason: 1, expiresAt: 2 };
    }
    const reason = cells[columns.reason]?.trim().toLowerCase() ?? '';
    const entry = { address: cells[columns.address] ?? '', ...(REASONS.has(reason) && { reason }) };
    yield withEnd(line, entry, cells[columns.expiresAt]?.trim() || undefined);
  }
}

function headerOf(cells: readonly string[]): Columns | undefined {
  if (cells.some((cell) => cell.includes('@'))) return undefined;
  const names = cells.map((cell) =>
    cell
      .replace(/^\ufeff/, '')
      .trim()
      .toLowerCase(),
  );
  const address = names.findIndex((name) => name === 'address' || name === 'email');
  if (address < 0) throw new UserError('the first line names no column "address" or "email", and has no address');
  return { address, reason: names.indexOf('reason'), expiresAt: names.indexOf('expires_at') };
}

async function* jsonEntries(chunks: AsyncIterable<string>): AsyncGenerator<ReadEntry> {
  let number = 0;
  for await (const text of lines(chunks)) {
    number += 1;
    if (text.trim() !== '') yield jsonEntry(number, text);
  }
}

function jsonEntry(line: number, text: string): ReadEntry {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { line, problem: 'The line is not JSON.' };
  }
  if (typeof value !== 'object' || value === null) return { line, problem: 'The line is no JSON object.' };
  const { address, email, reason, expires_at: expiresAt } = value as Readonly<Record<string, unknown>>;
  const given = typeof reason === 'string' && REASONS.has(reason) ? { reason } : {};
  return withEnd(line, { address: String(address ?? email ?? ''), ...given }, expiresAt);
}

function withEnd(line: number, entry: Entry, expiresAt: unknown): ReadEntry {
  if (expiresAt === undefined || expiresAt === null) return { line, entry };
  const at = timeOf(expiresAt);
  return at === undefined ? { line, problem: 'expires_at is no time.' } : { line, entry: { ...entry, expires_at: at } };
}

/** ms since the epoch, as a number or in digits, or a date or time. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : undefined;
  const text = String(value);
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(at) ? at : undefined;
}

async function* lines(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let number = 1;
  for await (const chunk of chunks) {
    const found = (rest + chunk).split('\n');
    rest = found.pop() ?? '';
    if (rest.length > MOST_CHARACTERS) throw new UserError(`line ${number + found.length}: too long to be an entry`);
    number += found.length;
    yield* found;
  }
  if (rest !== '') yield rest;
}
