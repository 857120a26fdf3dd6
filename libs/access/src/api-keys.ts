import { createHash, timingSafeEqual } from 'node:crypto';
import { TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';

/** `mail`: send, and read the tenant's own mail. `operate`: read lanes, providers and sources of everybody. */
export type Scope = 'mail' | 'operate';

/** What a key grants. */
export interface ApiKey {
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly scopes: ReadonlySet<Scope>;
}

export interface ApiKeyEntry extends ApiKey {
  /** SHA-256 of the key. The key itself is not kept. */
  readonly hash: Uint8Array;
}

export function hashApiKey(key: string): Uint8Array {
  return createHash('sha256').update(key, 'utf8').digest();
}

/** The keys of a process, compared as hashes in constant time. */
export class ApiKeyring {
  constructor(private readonly entries: readonly ApiKeyEntry[]) {}

  /** What the presented key grants, or undefined. Looks at every entry, whichever matches. */
  find(presented: string): ApiKey | undefined {
    const hash = hashApiKey(presented);
    let found: ApiKey | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry;
    }
    return found;
  }
}

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/**
 * Parses `tenant:class:key` entries separated by commas or white space; a key may be followed by `:operate`.
 *
 * @throws RangeError that names the entry by its position (never the key) and what would be right.
 */
export function parseApiKeys(setting: string): readonly ApiKeyEntry[] {
  return setting
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(parseEntry);
}

function parseEntry(entry: string, position: number): ApiKeyEntry {
  const [tenant = '', trafficClass = '', key = '', scope, ...rest] = entry.split(':');
  const complain = (what: string): never => {
    throw new RangeError(
      `API key entry ${position + 1}: ${what}; expected tenant:class:key or tenant:class:key:operate`,
    );
  };
  if (!TENANT.test(tenant)) complain('the tenant must be lower-case letters, digits, - and _');
  if (!isTrafficClass(trafficClass)) return complain(`the class must be one of ${TRAFFIC_CLASSES.join(', ')}`);
  if (key.length < 8) complain('the key must have at least 8 characters');
  if ((scope !== undefined && scope !== 'operate') || rest.length > 0) complain('unknown scope');
  const scopes = new Set<Scope>(scope === 'operate' ? ['mail', 'operate'] : ['mail']);
  return { tenant, class: trafficClass, scopes, hash: hashApiKey(key) };
}

function isTrafficClass(text: string): text is TrafficClass {
  return (TRAFFIC_CLASSES as readonly string[]).includes(text);
}
