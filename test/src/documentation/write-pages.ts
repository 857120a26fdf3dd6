/** `npm run docs`: writes the generated pages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../architecture/sources.ts';
import { REPLIES_PAGE, repliesPage } from '../replies/quality-tables.ts';
import { EVENT_CATALOGUE, eventCatalogue } from './event-catalogue.ts';
import { POLICY_KEYS_PAGE, policyKeysPage } from './policy-keys.ts';
import { TRACING_PAGE, tracingPage } from './tracing-tables.ts';

for (const [name, page] of [
  [EVENT_CATALOGUE, eventCatalogue()],
  [POLICY_KEYS_PAGE, policyKeysPage()],
  [REPLIES_PAGE, repliesPage()],
  [TRACING_PAGE, tracingPage()],
] as const) {
  writeFileSync(join(ROOT, name), page);
  console.log(`wrote ${name}`);
}
