import { join } from 'node:path';
import { type ApiKeyEntry, hashApiKey, parseApiKeys, type Scope } from '@penstock/access';
import type { Random } from '@penstock/ports';
import { StartupError } from '../startup-error.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

export interface ApiKeySettings {
  readonly apiKey: string | undefined;
  readonly apiKeys: string | undefined;
}

export interface LoadedApiKeys {
  readonly entries: readonly ApiKeyEntry[];
  /** The key made just now: to be printed, since only its hash is kept. */
  readonly made?: string;
  /** A key made at an earlier start counts; nobody here knows it any more. */
  readonly madeEarlier: boolean;
}

const FILE_NAME = 'api-key.sha256';
const HASH_HEX = /^[0-9a-f]{64}$/;
const DEFAULT_TENANT = 'default';
const MIN_KEY_LENGTH = 8;

/**
 * The keys from the settings; if there are none, the one made at the first start.
 *
 * @throws StartupError for a key that cannot be used, without showing it.
 */
export async function loadApiKeys(settings: ApiKeySettings, dataDir: string, random: Random): Promise<LoadedApiKeys> {
  const entries = [...givenKey(settings.apiKey), ...furtherKeys(settings.apiKeys)];
  refuseTwice(entries);
  if (entries.length > 0) return { entries, madeEarlier: false };
  const path = join(dataDir, FILE_NAME);
  const kept = readPrivateFile(path)?.toString('utf8').trim();
  if (kept !== undefined) return { entries: [keptKey(kept, path)], madeEarlier: true };
  const made = `pk_${Buffer.from(random.bytes(24)).toString('base64url')}`;
  const hash = hashApiKey(made);
  await createPrivateFile(path, `${Buffer.from(hash).toString('hex')}\n`);
  return { entries: [defaultKey(hash)], made, madeEarlier: false };
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

function keptKey(hex: string, path: string): ApiKeyEntry {
  if (!HASH_HEX.test(hex)) {
    throw new StartupError(`${path} holds no key's hash. Delete it to have a new key made, or set PENSTOCK_API_KEY.`);
  }
  return defaultKey(new Uint8Array(Buffer.from(hex, 'hex')));
}

function defaultKey(hash: Uint8Array): ApiKeyEntry {
  return { tenant: DEFAULT_TENANT, class: 'bulk', scopes: new Set<Scope>(['mail', 'operate']), hash };
}
