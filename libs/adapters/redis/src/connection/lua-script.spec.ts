import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { loadScript } from './lua-script.ts';

const FOLDER = new URL('../../lua/', import.meta.url);

describe('the scripts', () => {
  const names = readdirSync(FOLDER).map((file) => file.replace(/\.lua$/, ''));

  it('are found beside what was built', () => {
    assert.ok(names.includes('ask-quota') && names.includes('write-rows'));
    for (const name of names) assert.match(loadScript(name).sha, /^[0-9a-f]{40}$/);
  });

  it('each say at their head what they do, with which keys, and what they return', () => {
    for (const name of names) {
      const { text } = loadScript(name);
      const head = text.slice(0, text.search(/^[^-]/m));
      assert.match(head, /^-- [A-Z].*/, name);
      assert.match(head, /KEYS/, name);
      assert.match(head, /Returns/, name);
    }
  });
});
