import { type Command, Option } from 'commander';
import { type EventLine, eventLines } from '../api/event-lines.ts';
import type { PlatformApi, UsePlatform } from '../api/platform-api.ts';
import { type Console, UserError } from '../console.ts';
import { counted } from '../rendering/quantities.ts';
import { DATA_DIR } from './rebuild.ts';
import { wholeNumber } from './whole-number.ts';

interface EventsOptions {
  readonly topic?: string;
  readonly from?: string;
  readonly to?: string;
  readonly after?: string;
  readonly type?: string;
  readonly tenant?: string;
  readonly delivery?: string;
  readonly limit?: number;
  readonly dataDir?: string;
}

const PLACES = 'a date or time (2026-01-31T14:02:00Z), a time ago (-15m, -1h, -7d) or an offset';

export function addEvents(root: Command, console: Console, platform: UsePlatform): void {
  const events = root
    .command('events')
    .description(
      'read the log: one JSON line per record, on standard output (a key without scope operate: of its tenant)',
    );
  const command = (name: string, description: string) =>
    events
      .command(name)
      .description(description)
      .option('--from <place>', PLACES)
      .option('--to <place>', 'before this; the same forms')
      .option('--type <types>', 'only these types, separated by commas')
      .option('--tenant <tenant>', 'only this tenant’s')
      .option('--delivery <id>', 'only what concerns this delivery')
      .option('--topic <topic>', 'another topic than mail.events')
      .option('--limit <n>', 'so many at most', wholeNumber(1, 9_999_999_999))
      .addOption(new Option('--after <cursor>', 'go on where an earlier one ended').conflicts('from'));
  command('export', 'everything from one place to another, or to the end as it is now')
    .option('--data-dir <folder>', DATA_DIR)
    .action(({ dataDir, ...options }: EventsOptions) => platform(dataDir, (api) => read(options, false, console, api)));
  command('tail', 'what comes from now on (or from another place), until interrupted').action(
    (options: EventsOptions) => platform(undefined, (api) => read(options, true, console, api)),
  );
}

async function read(options: EventsOptions, follow: boolean, console: Console, api: PlatformApi): Promise<void> {
  const query = new URLSearchParams({ cursors: 'true', follow: String(follow) });
  for (const [name, value] of Object.entries(options)) query.set(name, String(value));
  if (follow && options.from === undefined && options.after === undefined) query.set('from', 'now');
  const tally = new Tally(console, follow);
  try {
    const body = await api.events(query, console.interrupted);
    for await (const lines of eventLines(body)) await tally.take(lines);
  } catch (error) {
    if (!console.interrupted?.aborted) {
      tally.tell();
      throw error instanceof UserError ? error : new UserError('the platform ended the export before its end');
    }
  }
  tally.tell();
  if (!tally.ended && !console.interrupted?.aborted) {
    throw new UserError('the platform ended the export before its end');
  }
}

/** Counts what goes by, and remembers where to go on. */
class Tally {
  ended = false;
  private begun = false;
  private records = 0;
  private scanned = 0;
  private cursor: string | undefined;

  constructor(
    private readonly console: Console,
    private readonly follow: boolean,
  ) {}

  /** The sign counts only once what stands before it is written. */
  async take(lines: readonly EventLine[]): Promise<void> {
    this.begun = true;
    const texts: string[] = [];
    for (const line of lines) {
      if (line.kind === 'record') texts.push(line.text);
      else await this.sign(line, texts.splice(0));
    }
    await this.write(texts);
  }

  tell(): void {
    this.console.progress?.(undefined);
    // Refused before it began: the reason is enough.
    if (!this.begun) return;
    const scanned = this.follow ? '' : ` of ${counted(this.scanned, 'record')} read`;
    this.console.complain(`${counted(this.records, 'record')}${scanned}`);
    if (this.cursor !== undefined) this.console.complain(`to go on from here: --after ${this.cursor}`);
  }

  private async sign(line: Extract<EventLine, { kind: 'sign' }>, before: readonly string[]): Promise<void> {
    await this.write(before);
    this.cursor = line.cursor;
    this.scanned = line.scanned;
    this.ended = line.end;
    if (!this.follow)
      this.console.progress?.(`${counted(this.records, 'record')}, ${counted(line.scanned, 'record')} read`);
  }

  private async write(texts: readonly string[]): Promise<void> {
    if (texts.length === 0) return;
    const text = texts.join('\n');
    if (this.console.write) await this.console.write(`${text}\n`);
    else this.console.print(text);
    this.records += texts.length;
  }
}
