import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysAskedFor } from './parse.ts';
import { POLICY_REFERENCE } from './reference.ts';

/** A text with every kind of block in it. */
const EVERY_BLOCK = `
["default".sources."NAME"]
[provider."NAME".sources."NAME"]
["name.example".sources."NAME"]
[smarthost]
[source."NAME"]
[pool."NAME"]
[warmup."NAME"]
gate = true
[warmup."OTHER".gate]
[warmup."OTHER".provider."NAME"]
[limit."NAME"]
[tenant."NAME"]
[tier."NAME".raise]
`;

/** `[provider."NAME"]` → `provider.NAME`, as the parser names a block. */
function pathOf(heading: string): string {
  return heading === 'at the top' ? '' : heading.replace(/^\[|\]$|"/g, '');
}

test('the reference describes every key the parser asks for, and no other', () => {
  const described = POLICY_REFERENCE.flatMap(({ heading, keys }) => {
    const path = pathOf(heading);
    return keys.map(({ key }) => (path === '' ? key : `${path}.${key}`));
  });
  const asked = [...keysAskedFor(EVERY_BLOCK)]
    .map((key) => key.replaceAll('OTHER', 'NAME'))
    .filter((key) => !key.startsWith('class.transactional'));
  assert.deepEqual(described.toSorted(), [...new Set(asked)].toSorted());
});
