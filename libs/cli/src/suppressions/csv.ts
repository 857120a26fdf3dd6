import { UserError } from '../console.ts';

/** A row and the line it begins on, from 1. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Of one row: far beyond an address and a few words. */
const MOST_CHARACTERS = 100_000;

/** Rows as RFC 4180 writes them, whatever their line ends; empty lines are left out. Holds one row at a time. */
export async function* csvRows(chunks: AsyncIterable<string>): AsyncGenerator<CsvRow> {
  const reader = new CsvReader();
  for await (const chunk of chunks) yield* reader.read(chunk);
  yield* reader.end();
}

/** As few quotes as RFC 4180 asks for. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
}

class CsvReader {
  private line = 1;
  private began = 1;
  private cells: string[] = [];
  private cell = '';
  private length = 0;
  private quoted = false;
  /** The last character was a quote inside a quoted cell: another one makes it part of the cell. */
  private quoteSeen = false;
  private afterReturn = false;

  *read(chunk: string): Generator<CsvRow> {
    for (const character of chunk) {
      const row = this.take(character);
      if (row) yield row;
    }
  }

  *end(): Generator<CsvRow> {
    if (this.quoted && !this.quoteSeen) throw new UserError(`line ${this.began}: a quote is opened and never closed`);
    const row = this.finish();
    if (row) yield row;
  }

  private take(character: string): CsvRow | undefined {
    if (++this.length > MOST_CHARACTERS) throw new UserError(`line ${this.began}: too long to be a row of CSV`);
    const isSecondHalf = character === '\n' && this.afterReturn;
    this.afterReturn = character === '\r';
    if (character === '\n' && !isSecondHalf) this.line += 1;
    if (character === '\r') this.line += 1;
    if (this.quoted && !this.quoteSeen) return this.takeQuoted(character);
    if (character === '"') return this.takeQuote();
    this.quoted = false;
    this.quoteSeen = false;
    if (character === ',') this.cells.push(this.takeCell());
    else if (character === '\r' || character === '\n') return isSecondHalf ? this.skip() : this.finish();
    else this.cell += character;
    return undefined;
  }

  private takeQuoted(character: string): undefined {
    if (character === '"') this.quoteSeen = true;
    else this.cell += character;
  }

  private takeQuote(): undefined {
    if (this.quoteSeen) this.cell += '"';
    this.quoteSeen = false;
    this.quoted = true;
  }

  private skip(): undefined {
    this.began = this.line;
  }

  private takeCell(): string {
    const { cell } = this;
    this.cell = '';
    return cell;
  }

  private finish(): CsvRow | undefined {
    const cells = [...this.cells, this.takeCell()];
    const row = { line: this.began, cells };
    this.cells = [];
    this.quoted = false;
    this.quoteSeen = false;
    this.began = this.line;
    this.length = 0;
    return cells.length === 1 && cells[0]?.trim() === '' ? undefined : row;
  }
}
