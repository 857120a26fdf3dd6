import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTRIBUTES, SPANS } from '@penstock/events';
import { readText } from '../architecture/sources.ts';
import { TRACING_PAGE, tracingPage } from './tracing-tables.ts';

test('the tables of the tracing page are what the registry says: npm run docs writes them again', () => {
  const page = tracingPage();
  assert.ok(readText(TRACING_PAGE) === page, `${TRACING_PAGE} is stale: run npm run docs`);
  for (const name of [...Object.keys(SPANS), ...Object.keys(ATTRIBUTES)])
    assert.ok(page.includes(`| \`${name}\` |`), name);
});
