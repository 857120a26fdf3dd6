/** One table of the file while it is read: what is taken is checked, what nobody took is named. */
import { joined, type KeyLines, keyLines } from './key-lines.ts';
import type { PolicyProblem } from './problem.ts';
import { type Reader, shown } from './readings.ts';
import { slipsBetween } from './slips.ts';

export type Table = Readonly<Record<string, unknown>>;

/** Dotted keys as they stand in the file, each in one of the lists. */
export interface PolicyKeys {
  /** Read, and what they say holds. */
  readonly accepted: readonly string[];
  /** Known, and kept in the text, but nothing acts on them. */
  readonly warned: readonly string[];
  /** Unknown. */
  readonly ignored: readonly string[];
}

/** Collects what is wrong, with the line where it stands. */
export class Problems {
  readonly found: PolicyProblem[] = [];
  readonly keys = { accepted: new Set<string>(), warned: new Set<string>(), ignored: new Set<string>() };
  /** Every key a value was asked for, whether the file has it or not. */
  readonly asked = new Set<string>();
  private readonly lines: KeyLines;

  constructor(text: string) {
    this.lines = keyLines(text);
  }

  error(key: string, message: string): void {
    this.add('error', key, message);
  }

  warning(key: string, message: string): void {
    this.add('warning', key, message);
  }

  private add(severity: PolicyProblem['severity'], key: string, message: string): void {
    const line = this.lines.get(key);
    this.found.push({ severity, key, message, ...(line === undefined ? {} : { line }) });
  }
}

export interface NamedBlock {
  readonly name: string;
  readonly block: Block;
}

export class Block {
  private readonly taken = new Set<string>();

  constructor(
    readonly path: string,
    readonly table: Table,
    private readonly problems: Problems,
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.table, key);
  }

  key(key: string): string {
    return joined(this.path, key);
  }

  /** The value, or undefined where it is absent or wrong; a wrong one is a problem. */
  take<T>(key: string, reader: Reader<T>): T | undefined {
    this.taken.add(key);
    this.problems.asked.add(this.key(key));
    if (!this.has(key)) return undefined;
    const reading = reader(this.table[key]);
    if ('value' in reading) {
      this.problems.keys.accepted.add(this.key(key));
      return reading.value;
    }
    this.error(key, reading.wrong);
    return undefined;
  }

  /** The table below `key`; an empty one where it is absent or no table. */
  block(key: string): Block {
    this.taken.add(key);
    const raw = this.has(key) ? this.table[key] : {};
    if (isTable(raw)) return new Block(this.key(key), raw, this.problems);
    this.error(key, `${shown(raw)} is not a table; write [${this.key(key)}]`);
    return new Block(this.key(key), {}, this.problems);
  }

  /** Every table below this one, in file order. */
  blocks(): readonly NamedBlock[] {
    return Object.keys(this.table).map((name) => ({ name, block: this.block(name) }));
  }

  /** The tables below this one that nobody took, in file order; what is no table stays. */
  blocksLeft(): readonly NamedBlock[] {
    const names = Object.keys(this.table).filter((name) => !this.taken.has(name) && isTable(this.table[name]));
    return names.map((name) => ({ name, block: this.block(name) }));
  }

  error(key: string, message: string): void {
    this.problems.error(this.key(key), message);
  }

  warning(key: string, message: string): void {
    this.problems.warning(this.key(key), message);
  }

  /** What was read is right, but nothing acts on it. */
  shelve(key: string, message: string): void {
    this.problems.keys.accepted.delete(this.key(key));
    this.problems.keys.warned.add(this.key(key));
    this.warning(key, message);
  }

  /** The whole table means nothing here. */
  ignore(message: string): void {
    this.problems.keys.ignored.add(this.path);
    this.problems.warning(this.path, message);
  }

  /** Names every key that nobody took; `known` explains those that mean something elsewhere. */
  refuseRest(known: (key: string, raw: unknown) => string | undefined = () => undefined): void {
    for (const key of Object.keys(this.table)) {
      if (this.taken.has(key)) continue;
      const meaning = known(key, this.table[key]);
      this.problems.keys[meaning === undefined ? 'ignored' : 'warned'].add(this.key(key));
      this.warning(key, meaning ?? `unknown key "${key}" is ignored${this.meant(key)}`);
    }
  }

  /** The key of this block that a slip of the hand would make of it. */
  private meant(key: string): string {
    const [nearest] = [...this.taken]
      .filter((known) => !this.has(known) && Math.abs(known.length - key.length) <= 2)
      .map((known) => ({ known, slips: slipsBetween(key, known) }))
      .filter(({ known, slips }) => slips <= Math.min(2, Math.floor(known.length / 3)))
      .sort((a, b) => a.slips - b.slips);
    return nearest ? `; did you mean "${nearest.known}"?` : '';
  }
}

export function isTable(raw: unknown): raw is Table {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}
