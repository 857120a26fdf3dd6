import { type ApiKeyEntry, hashApiKey, parseApiKeys, type Scope } from '@penstock/access';
import { StartupError } from '../startup/startup-error.ts';

export interface ApiKeySettings {
  readonly apiKey: string | undefined;
  readonly apiKeys: string | undefined;
}

const DEFAULT_TENANT = 'default';
const MIN_KEY_LENGTH = 8;

/** @throws StartupError for a key that cannot be used, without showing it. */
export function keysOfSettings(settings: ApiKeySettings): readonly ApiKeyEntry[] {
  const entries = [...givenKey(settings.apiKey), ...furtherKeys(settings.apiKeys)];
  refuseTwice(entries);
  return entries;
}

function givenKey(key: string | undefined): readonly ApiKeyEntry[] {
  if (key === undefined) return [];
  if (key.length < MIN_KEY_LENGTH || /\s/.test(key)) {
    throw new StartupError(`PENSTOCK_API_KEY must have at least ${MIN_KEY_LENGTH} characters and no blanks`);
  }
  return [defaultKey(hashApiKey(key))];
}

function furtherKeys(setting: string | undefined): readonly ApiKeyEntry[] {
  try {
    return parseApiKeys(setting ?? '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StartupError(`PENSTOCK_API_KEYS: ${error.message}`);
  }
}

/** One key for two tenants would be one tenant's alone. */
function refuseTwice(entries: readonly ApiKeyEntry[]): void {
  const hashes = new Set(entries.map(({ hash }) => Buffer.from(hash).toString('hex')));
  if (hashes.size < entries.length) throw new StartupError('PENSTOCK_API_KEYS: a key is given twice; each must differ');
}

/** Of the tenant that is there from the start; may do everything. */
export function defaultKey(hash: Uint8Array): ApiKeyEntry {
  return { tenant: DEFAULT_TENANT, class: 'bulk', scopes: new Set<Scope>(['mail', 'operate']), hash };
}
