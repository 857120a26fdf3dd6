import { join } from 'node:path';
import { createPrivateFile, readPrivateFile, StartupError } from '@penstock/deployment';
import type { Random } from '@penstock/ports';
import { deriveKey } from '@penstock/sealing';

const KEY_BYTES = 32;
const FILE_NAME = 'secret.key';
/** Tells whether a key is the one the folder was made with, and nothing else. */
const FINGERPRINT_NAME = 'secret.fingerprint';

/**
 * The key that recipient hashes derive from, and under which DKIM keys are sealed: the one of the settings, else one
 * that is made once and kept in the data folder with mode 0600. With another key the same recipient would hash
 * differently and nothing could be unsealed, so a folder keeps the key it was made with, whichever way it came.
 *
 * @param given PENSTOCK_SECRET_KEY
 * @throws StartupError if the file does not hold a key, or the key is not the folder's.
 */
export async function loadSecretKey(
  dataDir: string,
  random: Random,
  given: Uint8Array | undefined,
): Promise<Uint8Array> {
  const path = join(dataDir, FILE_NAME);
  const kept = keptKey(path);
  const fingerprintPath = join(dataDir, FINGERPRINT_NAME);
  const fingerprint = readPrivateFile(fingerprintPath)?.toString('utf8').trim();
  if (kept && given && !equal(kept, given)) {
    throw new StartupError(
      `PENSTOCK_SECRET_KEY is another key than ${path}: this folder was made with the one in the file. Set that one, or unset PENSTOCK_SECRET_KEY.`,
    );
  }
  const key = given ?? kept;
  if (!key && fingerprint !== undefined) {
    throw new StartupError(
      `PENSTOCK_SECRET_KEY is not set, and ${path} does not exist: ${dataDir} was made with a key. Set PENSTOCK_SECRET_KEY to it, or restore the file from a backup.`,
    );
  }
  if (key && fingerprint !== undefined && fingerprint !== fingerprintOf(key)) throw anotherKey(dataDir, given, path);
  const chosen = key ?? (await madeKey(path, random));
  if (fingerprint === undefined) await createPrivateFile(fingerprintPath, `${fingerprintOf(chosen)}\n`);
  return chosen;
}

function keptKey(path: string): Uint8Array | undefined {
  const kept = readPrivateFile(path);
  if (kept === undefined) return undefined;
  if (kept.length === KEY_BYTES) return new Uint8Array(kept);
  throw new StartupError(
    `${path} holds no key: expected ${KEY_BYTES} bytes, found ${kept.length}. Restore it from a backup.`,
  );
}

async function madeKey(path: string, random: Random): Promise<Uint8Array> {
  const made = random.bytes(KEY_BYTES);
  await createPrivateFile(path, made);
  return made;
}

function anotherKey(dataDir: string, given: Uint8Array | undefined, path: string): StartupError {
  const where = given ? 'PENSTOCK_SECRET_KEY' : path;
  return new StartupError(
    `${where} is not the key ${dataDir} was made with: recipients would hash differently and no DKIM key could be read. Use the right one; there is no way to change it.`,
  );
}

function fingerprintOf(key: Uint8Array): string {
  return Buffer.from(deriveKey(key, 'folder-fingerprint')).toString('hex');
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
