/** What infra/compose says of services and settings is what there is. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allSettingNames, SERVICES } from '@penstock/deployment';

const folder = new URL('../../../infra/compose/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

test('every setting in the composition and in the images is one that a service reads', () => {
  const named = new Set(`${read('compose.yaml')}\n${read('Dockerfile')}`.match(/\bPENSTOCK_[A-Z0-9_]+/g));
  const known = new Set(allSettingNames());
  assert.ok(named.size > 8);
  assert.deepEqual(
    [...named].filter((name) => !known.has(name)),
    [],
  );
});

test('each service has an image of its own, which runs it, and a place in the composition', () => {
  const images = read('Dockerfile');
  const composition = read('compose.yaml');
  for (const service of SERVICES) {
    assert.match(images, new RegExp(`^FROM runtime AS ${service}\\n(?:.+\\n)+CMD \\["run", "${service}"\\]$`, 'm'));
    assert.match(composition, new RegExp(`^ {2}${service}:\\n.+\\n.+target: ${service} }`, 'm'));
    const [, place = ''] = composition.split(`\n  ${service}:\n`);
    assert.match(place.split('\n\n')[0] ?? '', /volumes: \[content:/, `${service} reads or writes the shared content`);
  }
});
