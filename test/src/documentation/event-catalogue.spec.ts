import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RECORD_TYPES } from '@penstock/events';
import { readText } from '../architecture/sources.ts';
import { EVENT_CATALOGUE, eventCatalogue } from './event-catalogue.ts';

const page = eventCatalogue();

test('the event catalogue is what its sources say: npm run docs writes it again', () => {
  assert.ok(readText(EVENT_CATALOGUE) === page, `${EVENT_CATALOGUE} is stale: run npm run docs`);
});

test('the event catalogue has a section, a sample, a schema and a sentence for every record type', () => {
  for (const type of RECORD_TYPES) {
    const [, section = ''] = page.split(`\n### ${type}\n`);
    const [own = ''] = section.split(/\n##/);
    assert.match(own, /^\n([A-Z]|`[^`])/, `${type} has no sentence: write one above its type`);
    assert.match(own, /\nSample `/, type);
    assert.match(own, /JSON Schema of/, type);
  }
});
