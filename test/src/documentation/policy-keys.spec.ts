import assert from 'node:assert/strict';
import { test } from 'node:test';
import { POLICY_REFERENCE } from '@penstock/policy';
import { readText } from '../architecture/sources.ts';
import { POLICY_KEYS_PAGE, policyKeysPage } from './policy-keys.ts';

test('the page of policy keys is what the reference says: npm run docs writes it again', () => {
  const page = policyKeysPage();
  assert.ok(readText(POLICY_KEYS_PAGE) === page, `${POLICY_KEYS_PAGE} is stale: run npm run docs`);
  for (const { heading, keys } of POLICY_REFERENCE) {
    const [, section = ''] = page.split(`\n## ${heading.startsWith('[') ? `\`${heading}\`` : heading}\n`);
    for (const { key } of keys) assert.ok(section.includes(`| \`${key}\` |`), `${heading} ${key}`);
  }
});
