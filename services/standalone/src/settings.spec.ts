import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SETTINGS } from './settings.ts';

const DOCS = new URL('../../../docs/settings.md', import.meta.url);

interface Row {
  readonly names: readonly string[];
  readonly byDefault: string;
}

/** Rows of the table of one process; one may describe two settings that belong together. */
function rows(): readonly Row[] {
  const [ofOneProcess = ''] = readFileSync(DOCS, 'utf8').split('## Services apart');
  return ofOneProcess
    .split('\n')
    .filter((line) => line.startsWith('| `PENSTOCK_'))
    .map((line) => {
      const [first = '', , byDefault = ''] = line.split(' | ');
      return { names: first.match(/PENSTOCK_[A-Z_]+/g) ?? [], byDefault };
    });
}

describe('the settings', () => {
  it('stand each in the documentation once, and nothing else does', () => {
    const documented = rows().flatMap(({ names }) => names);
    assert.deepEqual(
      documented.toSorted(),
      Object.values(SETTINGS)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  it('have the default there that they have here', () => {
    for (const setting of Object.values(SETTINGS)) {
      if (!('default' in setting)) continue;
      const row = rows().find(({ names }) => names.includes(setting.name));
      assert.ok(row?.byDefault.replaceAll('`', '').startsWith(setting.default), setting.name);
    }
  });
});
