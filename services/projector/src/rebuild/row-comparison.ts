import { createHash } from 'node:crypto';
import type { JsonValue, KeyedEntry, KeyedStore } from '@penstock/ports';
import { canonicalJson } from './canonical-json.ts';
import type { Difference } from './rebuild-view.ts';
import { RowCursor } from './row-cursor.ts';
import type { Section } from './sections.ts';

/** Differences named; the others are counted. */
const SHOWN = 10;
/** Rows between two looks at whether others want to run. */
const STRIDE = 500;

export interface Compared {
  readonly rows: number;
  readonly liveDigest: string;
  readonly rebuiltDigest: string;
  readonly differences: number;
  readonly differing: readonly Difference[];
}

/** The rows of two models side by side: a digest over all of each, and where they differ. */
export class RowComparison {
  private readonly liveHash = createHash('sha256');
  private readonly rebuiltHash = createHash('sha256');
  private readonly differing: Difference[] = [];
  private differences = 0;
  private rows = 0;

  /** @param breathe called between strides, so that a large model holds up nobody */
  async compare(live: KeyedStore, rebuilt: KeyedStore, section: Section, breathe: () => Promise<void>): Promise<void> {
    const a = new RowCursor(live, section);
    const b = new RowCursor(rebuilt, section);
    for (let done = 0; ; done++) {
      if (a.current === undefined) await a.fill();
      if (b.current === undefined) await b.fill();
      if (a.current === undefined && b.current === undefined) return;
      this.pair(a, b);
      if (done % STRIDE === 0) await breathe();
    }
  }

  /** A value that is no row of its own, such as a list put together of several. */
  compareValue(key: string, live: JsonValue, rebuilt: JsonValue): void {
    this.both({ key, value: live }, { key, value: rebuilt });
  }

  result(): Compared {
    const { rows, differences, differing } = this;
    return {
      rows,
      differences,
      differing,
      liveDigest: this.liveHash.digest('hex'),
      rebuiltDigest: this.rebuiltHash.digest('hex'),
    };
  }

  private pair(a: RowCursor, b: RowCursor): void {
    const live = a.current;
    const rebuilt = b.current;
    if (live && rebuilt && live.key === rebuilt.key) {
      this.both(live, rebuilt);
      a.next();
      b.next();
    } else if (live && (!rebuilt || live.key < rebuilt.key)) {
      this.rows++;
      add(this.liveHash, live.key, canonicalJson(live.value));
      this.differ({ key: live.key, kind: 'only_live' });
      a.next();
    } else if (rebuilt) {
      this.rows++;
      add(this.rebuiltHash, rebuilt.key, canonicalJson(rebuilt.value));
      this.differ({ key: rebuilt.key, kind: 'only_rebuilt' });
      b.next();
    }
  }

  private both(live: KeyedEntry, rebuilt: KeyedEntry): void {
    this.rows++;
    const text = canonicalJson(live.value);
    const same = JSON.stringify(live.value) === JSON.stringify(rebuilt.value);
    const other = same ? text : canonicalJson(rebuilt.value);
    add(this.liveHash, live.key, text);
    add(this.rebuiltHash, rebuilt.key, other);
    if (text === other) return;
    this.differ({ key: live.key, kind: 'differs', fields: differingFields(live.value, rebuilt.value) });
  }

  private differ(difference: Difference): void {
    this.differences++;
    if (this.differing.length < SHOWN) this.differing.push(difference);
  }
}

/** Neither a key nor a JSON text holds a bare line break. */
function add(hash: ReturnType<typeof createHash>, key: string, text: string): void {
  hash.update(`${JSON.stringify(key)}\n${text}\n`);
}

function differingFields(a: JsonValue, b: JsonValue): readonly string[] {
  const left = fieldsOf(a);
  const right = fieldsOf(b);
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  return [...names].filter((name) => canonicalJson(left[name]) !== canonicalJson(right[name])).sort();
}

function fieldsOf(value: JsonValue): Readonly<Record<string, JsonValue | undefined>> {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
