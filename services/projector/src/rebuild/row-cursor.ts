import type { KeyedEntry, KeyedStore } from '@penstock/ports';
import type { KeyRange, Section } from './sections.ts';

const PAGE = 1_000;

/** The rows of a section in the order of their keys, a page in memory. */
export class RowCursor {
  private page: readonly KeyedEntry[] = [];
  private index = 0;
  private range = 0;
  private from: string | undefined;

  constructor(
    private readonly store: KeyedStore,
    private readonly section: Section,
  ) {}

  /** The row at hand; undefined where the next page has to be fetched, or after the end. */
  get current(): KeyedEntry | undefined {
    return this.page[this.index];
  }

  next(): void {
    this.index++;
  }

  /** Fetches pages until there is a row at hand; false at the end. */
  async fill(): Promise<boolean> {
    while (this.current === undefined) {
      const range = this.section.ranges[this.range];
      if (!range) return false;
      await this.fetch(range);
    }
    return true;
  }

  private async fetch(range: KeyRange): Promise<void> {
    const rows = await this.store.range({ from: this.from ?? range.from, to: range.to, limit: PAGE });
    this.page = rows.filter((row) => this.section.holds(row));
    this.index = 0;
    const last = rows.at(-1);
    if (last && rows.length === PAGE) {
      // The smallest key after the last one.
      this.from = `${last.key}\u0000`;
    } else {
      this.from = undefined;
      this.range++;
    }
  }
}
