import { join } from 'node:path';
import { type ApiKeyEntry, hashApiKey } from '@penstock/access';
import {
  type ApiKeySettings,
  createPrivateFile,
  defaultKey,
  keysOfSettings,
  readPrivateFile,
  StartupError,
} from '@penstock/deployment';
import type { Random } from '@penstock/ports';

export interface LoadedApiKeys {
  readonly entries: readonly ApiKeyEntry[];
  /** The key made just now: to be printed, since only its hash is kept. */
  readonly made?: string;
  /** A key made at an earlier start counts; nobody here knows it any more. */
  readonly madeEarlier: boolean;
}

const FILE_NAME = 'api-key.sha256';
const HASH_HEX = /^[0-9a-f]{64}$/;

/**
 * The keys from the settings; if there are none, the one made at the first start.
 *
 * @throws StartupError for a key that cannot be used, without showing it.
 */
export async function loadApiKeys(settings: ApiKeySettings, dataDir: string, random: Random): Promise<LoadedApiKeys> {
  const entries = keysOfSettings(settings);
  if (entries.length > 0) return { entries, madeEarlier: false };
  const path = join(dataDir, FILE_NAME);
  const kept = readPrivateFile(path)?.toString('utf8').trim();
  if (kept !== undefined) return { entries: [keptKey(kept, path)], madeEarlier: true };
  const made = `pk_${Buffer.from(random.bytes(24)).toString('base64url')}`;
  const hash = hashApiKey(made);
  await createPrivateFile(path, `${Buffer.from(hash).toString('hex')}\n`);
  return { entries: [defaultKey(hash)], made, madeEarlier: false };
}

function keptKey(hex: string, path: string): ApiKeyEntry {
  if (!HASH_HEX.test(hex)) {
    throw new StartupError(`${path} holds no key's hash. Delete it to have a new key made, or set PENSTOCK_API_KEY.`);
  }
  return defaultKey(new Uint8Array(Buffer.from(hex, 'hex')));
}
