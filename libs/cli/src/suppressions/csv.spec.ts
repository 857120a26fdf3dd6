import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { csvLine, csvRows } from './csv.ts';

async function rowsOf(...chunks: readonly string[]) {
  const rows: { line: number; cells: readonly string[] }[] = [];
  for await (const row of csvRows(streamOf(chunks))) rows.push(row);
  return rows;
}

async function* streamOf(chunks: readonly string[]) {
  yield* chunks;
}

describe('a list as CSV', () => {
  it('is read with any line ends, quotes and empty lines, and knows its lines', async () => {
    assert.deepEqual(await rowsOf('a,b\r\n"c,""d"""\n\n\r\ne,"f\ng",\nh'), [
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['c,"d"'] },
      { line: 5, cells: ['e', 'f\ng', ''] },
      { line: 7, cells: ['h'] },
    ]);
  });

  it('is read as it was written, however it is cut', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', '@'), maxLength: 6 });
    const rows = fc.array(fc.array(cell, { minLength: 2, maxLength: 4 }), { maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(rows, fc.nat(9), async (written, size) => {
        const text = written.map((cells) => `${csvLine(cells)}\r\n`).join('');
        const chunks = text.match(new RegExp(`[^]{1,${size + 1}}`, 'g')) ?? [];
        assert.deepEqual(
          (await rowsOf(...chunks)).map(({ cells }) => cells),
          written,
        );
      }),
    );
  });

  it('is refused where a quote is never closed', async () => {
    await assert.rejects(rowsOf('a\n"b\nc'), /line 2: a quote/);
    await assert.rejects(rowsOf(`"${'x'.repeat(100_001)}`), /line 1: too long/);
  });
});
