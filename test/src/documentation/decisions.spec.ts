import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const DOCS = new URL('../../../docs/', import.meta.url);
const names = readdirSync(new URL('decisions/', DOCS)).sort();

describe('the decision records', () => {
  it('are numbered one after the other, in name and heading', () => {
    for (const [index, name] of names.entries()) {
      const number = index + 1;
      assert.ok(name.startsWith(`${String(number).padStart(4, '0')}-`), `${name} should have the number ${number}`);
      assert.ok(readFileSync(new URL(`decisions/${name}`, DOCS), 'utf8').startsWith(`# ${number}. `), name);
    }
  });

  it('stand each in the list of the architecture page', () => {
    const page = readFileSync(new URL('architecture.md', DOCS), 'utf8');
    for (const [index, name] of names.entries())
      assert.ok(page.includes(`| [${index + 1}](decisions/${name}) |`), name);
  });
});
