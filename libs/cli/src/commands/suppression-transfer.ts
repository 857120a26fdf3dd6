/** Lists of suppressions from and to files of any length: a thousand entries are held at a time. */
import { createReadStream } from 'node:fs';
import type { Command, Option } from 'commander';
import { PAGE, type RefusedEntry, type SuppressionsApi, type SuppressionView } from '../api/suppressions-api.ts';
import { type Console, UserError } from '../console.ts';
import { counted } from '../rendering/quantities.ts';
import { csvLine } from '../suppressions/csv.ts';
import { type Entry, type Format, readEntries } from '../suppressions/entries.ts';

interface ImportOptions {
  readonly tenant?: string;
  readonly format?: Format;
  readonly reason?: string;
  readonly expires?: number;
}

interface ExportOptions {
  readonly tenant?: string;
  readonly format: Format;
  readonly reason?: string;
}

/** How the options that other commands have too are made. */
export interface TransferOptions {
  readonly tenant: string;
  readonly expires: readonly [description: string, parse: (text: string) => number];
  reason(description: string): Option;
  format(): Option;
}

export function addTransfers(
  suppression: Command,
  { tenant, expires, reason, format }: TransferOptions,
  console: Console,
  api: () => SuppressionsApi,
): void {
  suppression
    .command('import')
    .description(
      'suppress every address of a file: CSV (a column address or email; reason and expires_at if they are there) or JSON Lines; done again, it changes nothing',
    )
    .argument('<file>', '- for standard input')
    .option('--tenant <name>', tenant)
    .addOption(format())
    .addOption(reason('why, where the file does not say one of these (default: manual)'))
    .option('--expires <when>', ...expires)
    .action((file: string, options: ImportOptions) => importFile(file, options, console, api()));
  suppression
    .command('export')
    .description('write all of them to standard output, as import takes them')
    .option('--tenant <name>', tenant)
    .addOption(format().default('csv'))
    .addOption(reason('only for this reason'))
    .action((options: ExportOptions) => exportAll(options, console, api()));
}

/** Lines of problems told; of more only the number. */
const MOST_TOLD = 20;

async function importFile(file: string, options: ImportOptions, console: Console, api: SuppressionsApi): Promise<void> {
  const format = options.format ?? (/\.(jsonl|ndjson)$/i.test(file) ? 'jsonl' : 'csv');
  const run = new Import(options, console, api);
  try {
    for await (const read of readEntries(format, textOf(file))) {
      if ('problem' in read) run.refuse(read.line, read.problem);
      else await run.take(read.line, read.entry);
      if (console.interrupted?.aborted) break;
    }
    if (!console.interrupted?.aborted) await run.send();
  } finally {
    run.tell();
  }
  if (console.interrupted?.aborted) throw new UserError(`interrupted before line ${run.nextLine}; import it again`);
  if (run.refused > 0) throw new UserError(`${counted(run.refused, 'line')} not taken`);
}

class Import {
  refused = 0;
  private line = 1;
  private added = 0;
  private unchanged = 0;
  private entries: Entry[] = [];
  private lines: number[] = [];

  constructor(
    private readonly options: ImportOptions,
    private readonly console: Console,
    private readonly api: SuppressionsApi,
  ) {}

  /** The first that is not done. */
  get nextLine(): number {
    return this.lines[0] ?? this.line;
  }

  async take(line: number, entry: Entry): Promise<void> {
    const { reason, expires } = this.options;
    const until = expires === undefined ? {} : { expires_at: expires };
    this.entries.push({ ...(reason !== undefined && { reason }), ...until, ...entry });
    this.lines.push(line);
    this.line = line + 1;
    if (this.entries.length >= PAGE) await this.send();
  }

  refuse(line: number, message: string): void {
    this.refused += 1;
    if (this.refused <= MOST_TOLD) this.console.complain(`line ${line}: ${message}`);
  }

  async send(): Promise<void> {
    if (this.entries.length === 0) return;
    const answer = await this.api.add(this.options.tenant, this.entries);
    this.added += answer.added;
    this.unchanged += answer.unchanged;
    this.refuseAll(answer.refused);
    this.entries = [];
    this.lines = [];
    this.console.progress?.(`${counted(this.added + this.unchanged + this.refused, 'line')} done`);
  }

  tell(): void {
    this.console.progress?.(undefined);
    if (this.refused > MOST_TOLD) this.console.complain(`and ${counted(this.refused - MOST_TOLD, 'line')} more`);
    const { added, unchanged } = this;
    this.console.print(
      `${counted(added, 'address', 'addresses')} added, ${counted(unchanged, 'one', 'others')} as before`,
    );
  }

  private refuseAll(refused: readonly RefusedEntry[]): void {
    for (const { index, message } of refused) this.refuse(this.lines[index] ?? 0, message);
  }
}

async function* textOf(file: string): AsyncGenerator<string> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  stream.setEncoding('utf8');
  try {
    for await (const chunk of stream) yield String(chunk);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new UserError(`${file} cannot be read (${String(error.code)})`);
  }
}

async function exportAll({ tenant, format, reason }: ExportOptions, console: Console, api: SuppressionsApi) {
  const write = console.write ?? (async (text: string) => console.print(text.trimEnd()));
  if (format === 'csv') await write('address,reason,added_at,expires_at\n');
  let written = 0;
  let sealed = 0;
  for await (const page of api.all(tenant, reason)) {
    const readable = page.filter(({ address }) => address !== null);
    sealed += page.length - readable.length;
    if (readable.length > 0) await write(`${readable.map((each) => lineOf(format, each)).join('\n')}\n`);
    written += readable.length;
    console.progress?.(counted(written, 'suppression'));
    if (console.interrupted?.aborted) break;
  }
  console.progress?.(undefined);
  console.complain(counted(written, 'suppression'));
  if (console.interrupted?.aborted) throw new UserError('interrupted before the end');
  if (sealed > 0) throw new UserError(`${counted(sealed, 'address', 'addresses')} sealed under another secret key`);
}

function lineOf(format: Format, { address, reason, addedAt, expiresAt }: SuppressionView): string {
  const added = new Date(addedAt).toISOString();
  const expires = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  if (format === 'csv') return csvLine([address ?? '', reason, added, expires ?? '']);
  return JSON.stringify({ address, reason, added_at: added, ...(expires !== undefined && { expires_at: expires }) });
}
