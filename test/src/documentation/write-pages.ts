/** `npm run docs`: writes the generated pages. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../architecture/sources.ts';
import { EVENT_CATALOGUE, eventCatalogue } from './event-catalogue.ts';

writeFileSync(join(ROOT, EVENT_CATALOGUE), eventCatalogue());
console.log(`wrote ${EVENT_CATALOGUE}`);
