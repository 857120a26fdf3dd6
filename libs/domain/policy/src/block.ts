/** One table of the file while it is read: what is taken is checked, what nobody took is named. */
import { joined, type KeyLines, keyLines } from './key-lines.ts';
import type { PolicyProblem } from './policy.ts';
import { type Reader, shown } from './readings.ts';

export type Table = Readonly<Record<string, unknown>>;

/** Collects what is wrong, with the line where it stands. */
export class Problems {
  readonly found: PolicyProblem[] = [];
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
    if (!this.has(key)) return undefined;
    const reading = reader(this.table[key]);
    if ('value' in reading) return reading.value;
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
  blocks(): readonly { readonly name: string; readonly block: Block }[] {
    return Object.keys(this.table).map((name) => ({ name, block: this.block(name) }));
  }

  error(key: string, message: string): void {
    this.problems.error(this.key(key), message);
  }

  warning(key: string, message: string): void {
    this.problems.warning(this.key(key), message);
  }

  /** Names every key that nobody took; `known` explains those that mean something elsewhere. */
  refuseRest(known: (key: string, raw: unknown) => string | undefined = () => undefined): void {
    for (const key of Object.keys(this.table)) {
      if (this.taken.has(key)) continue;
      this.warning(key, known(key, this.table[key]) ?? `unknown key "${key}" is ignored`);
    }
  }
}

export function isTable(raw: unknown): raw is Table {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}
