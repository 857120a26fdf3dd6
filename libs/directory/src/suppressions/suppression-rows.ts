import type { SuppressionAdded } from '@penstock/events';
import { type JsonValue, type KeyedEntry, type KeyedStore, prefixEnd } from '@penstock/ports';

/** What is kept of a suppression. */
export interface SuppressionRow extends Omit<SuppressionAdded['body'], 'tenant' | 'recipientHash'> {
  /** ms since the epoch */
  readonly addedAt: number;
}

/** A suppression and whom it is about. */
export interface Suppression extends SuppressionRow {
  readonly tenant: string;
  readonly recipientHash: string;
}

/** The last record that is folded: a log that has another one there is another log. */
export interface FoldedMark {
  readonly id: string;
  readonly offset: number;
}

export interface RowChanges {
  readonly position: number;
  readonly mark: FoldedMark;
  /** By tenant and recipient; undefined where it was removed. */
  readonly suppressions: ReadonlyMap<string, SuppressionRow | undefined>;
  /** When those removed were, ms since the epoch. */
  readonly removals: ReadonlyMap<string, number>;
}

const PAGE = 5_000;
const LISTED = 's/';
const REMOVED = 'r/';
const MARK = 'mark';
const POSITION = 'mail.directory-0';

/** `tenant/hash`: names of tenants have no slash. */
export function rowName(tenant: string, recipientHash: string): string {
  return `${tenant}/${recipientHash}`;
}

/** Suppressions on disk, with the position of the fold in the same transaction. */
export class SuppressionRows {
  constructor(private readonly store: KeyedStore) {}

  /** Undefined for a new store. */
  async position(): Promise<number | undefined> {
    return (await this.store.positions()).get(POSITION);
  }

  async mark(): Promise<FoldedMark | undefined> {
    return (await this.store.get(MARK)) as object | undefined as FoldedMark | undefined;
  }

  async get(tenant: string, recipientHash: string): Promise<SuppressionRow | undefined> {
    return (await this.store.get(LISTED + rowName(tenant, recipientHash))) as object | undefined as SuppressionRow;
  }

  /** When it was removed last, ms since the epoch. */
  async removedAt(name: string): Promise<number | undefined> {
    return (await this.store.get(REMOVED + name)) as number | undefined;
  }

  async write({ position, mark, suppressions, removals }: RowChanges): Promise<void> {
    const changed = [...suppressions];
    await this.store.write({
      positions: new Map([[POSITION, position]]),
      puts: [
        ...changed.flatMap(([name, row]) => (row ? [{ key: LISTED + name, value: json(row) }] : [])),
        ...[...removals].map(([name, at]) => ({ key: REMOVED + name, value: at })),
        { key: MARK, value: json(mark) },
      ],
      deletes: changed.flatMap(([name, row]) => (row ? [] : [LISTED + name])),
    });
  }

  /** Of a tenant in the order of their hashes, from behind `after` on. */
  async page(tenant: string, after: string | undefined, limit: number): Promise<readonly Suppression[]> {
    const prefix = `${LISTED}${tenant}/`;
    const from = after === undefined ? prefix : `${prefix}${after}\u0000`;
    return (await this.store.range({ from, to: prefixEnd(prefix), limit })).map(suppressionOf);
  }

  /** All of them, page by page. */
  async *all(): AsyncGenerator<readonly Suppression[]> {
    for await (const page of this.pages(LISTED)) yield page.map(suppressionOf);
  }

  /** Throws everything away: the log is to be folded again. */
  async discard(): Promise<void> {
    // The position last: killed in between, it is discarded once more.
    for (const prefix of [LISTED, REMOVED]) {
      for await (const page of this.pages(prefix)) await this.store.write({ deletes: page.map(({ key }) => key) });
    }
    await this.store.write({ deletes: [MARK], positions: new Map([[POSITION, 0]]) });
  }

  async forget(names: readonly string[]): Promise<void> {
    if (names.length > 0) await this.store.write({ deletes: names.map((name) => LISTED + name) });
  }

  private async *pages(prefix: string): AsyncGenerator<readonly KeyedEntry[]> {
    const to = prefixEnd(prefix);
    for (let from = prefix; ; ) {
      const page = await this.store.range({ from, to, limit: PAGE });
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      from = `${last.key}\u0000`;
    }
  }
}

function suppressionOf({ key, value }: KeyedEntry): Suppression {
  const [, tenant = '', recipientHash = ''] = key.split('/');
  return { ...(value as object as SuppressionRow), tenant, recipientHash };
}

/** Rows are plain data by construction. */
function json(row: object): JsonValue {
  return row as JsonValue;
}
