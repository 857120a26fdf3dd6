import type { KeyedEntry, KeyedStore } from '@penstock/ports';
import type { KeyRange } from './sections.ts';

const PAGE = 1_000;

/** Makes the rows of a range what they are in the live model; answers how many there are. */
export async function carryRows(live: KeyedStore, rebuilt: KeyedStore, range: KeyRange): Promise<number> {
  for await (const rows of pages(rebuilt, range)) await rebuilt.write({ deletes: rows.map(({ key }) => key) });
  let carried = 0;
  for await (const rows of pages(live, range)) {
    await rebuilt.write({ puts: rows });
    carried += rows.length;
  }
  return carried;
}

async function* pages(store: KeyedStore, { from, to }: KeyRange): AsyncGenerator<readonly KeyedEntry[]> {
  for (let next = from; ; ) {
    const rows = await store.range({ from: next, to, limit: PAGE });
    const last = rows.at(-1);
    if (!last) return;
    yield rows;
    next = `${last.key}\u0000`;
  }
}
