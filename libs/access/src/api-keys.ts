import { hash as digest, timingSafeEqual } from 'node:crypto';
import { type KeyScope, TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';

/** `mail`: send, and read the tenant's own mail. `operate`: everybody's, and the directory itself. */
export type Scope = KeyScope;

/** What a key grants. */
export interface ApiKey {
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly scopes: ReadonlySet<Scope>;
  /** Of a key of the directory, which can be revoked; absent for one of the settings. */
  readonly keyId?: string;
}

export interface ApiKeyEntry extends ApiKey {
  /** SHA-256 of the key. The key itself is not kept. */
  readonly hash: Uint8Array;
}

export function hashApiKey(key: string): Uint8Array {
  return digest('sha256', key, 'buffer');
}

/** Keys that come and go while the process runs: those of the directory. */
export interface LiveKeys {
  /** What the key with this hash (SHA-256, hex) grants now. */
  keyOfHash(hash: string): ApiKey | undefined;
  holdsKey(keyId: string): boolean;
  /** False while keys may exist that are not yet known. */
  knowsAll(): boolean;
}

/**
 * The keys of a process: those of its settings, and those of the directory as they are at this moment.
 *
 * Settings may hold short keys that people chose, so they are compared as hashes in constant time. Keys of the
 * directory have 192 random bits and may be a hundred thousand: they are looked up by hash in a map.
 */
export class ApiKeyring {
  constructor(
    private readonly entries: readonly ApiKeyEntry[],
    private readonly live?: LiveKeys,
  ) {}

  /** What the presented key grants, or undefined. Looks at every entry of the settings, whichever matches. */
  find(presented: string): ApiKey | undefined {
    const hash = hashApiKey(presented);
    let found: ApiKey | undefined;
    for (const entry of this.entries) {
      if (timingSafeEqual(entry.hash, hash)) found = entry;
    }
    return found ?? this.live?.keyOfHash(Buffer.from(hash).toString('hex'));
  }

  /** Whether the key still counts: one of the directory may have been revoked since it was found. */
  stillHolds({ keyId }: ApiKey): boolean {
    return keyId === undefined || (this.live?.holdsKey(keyId) ?? false);
  }

  /** False while a key that is not found may still be one: whoever presents it should try again. */
  knowsAll(): boolean {
    return this.live?.knowsAll() ?? true;
  }
}

const TENANT = /^[a-z0-9][a-z0-9_-]{0,62}$/;

export function isTenantName(text: string): boolean {
  return TENANT.test(text);
}

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
  if (!isTenantName(tenant)) complain('the tenant must be lower-case letters, digits, - and _');
  if (!isTrafficClass(trafficClass)) return complain(`the class must be one of ${TRAFFIC_CLASSES.join(', ')}`);
  if (key.length < 8) complain('the key must have at least 8 characters');
  if ((scope !== undefined && scope !== 'operate') || rest.length > 0) complain('unknown scope');
  const scopes = new Set<Scope>(scope === 'operate' ? ['mail', 'operate'] : ['mail']);
  return { tenant, class: trafficClass, scopes, hash: hashApiKey(key) };
}

function isTrafficClass(text: string): text is TrafficClass {
  return (TRAFFIC_CLASSES as readonly string[]).includes(text);
}
