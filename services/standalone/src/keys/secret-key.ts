import { join } from 'node:path';
import type { Random } from '@penstock/ports';
import { StartupError } from '../startup-error.ts';
import { createPrivateFile, readPrivateFile } from './private-file.ts';

const KEY_BYTES = 32;
const FILE_NAME = 'secret.key';

/**
 * The key that recipient hashes derive from: made once, kept in the data folder with mode 0600. With another key the
 * same recipient would hash differently, so a file of the wrong length is refused, never replaced.
 *
 * @throws StartupError if the file does not hold a key.
 */
export async function loadSecretKey(dataDir: string, random: Random): Promise<Uint8Array> {
  const path = join(dataDir, FILE_NAME);
  const kept = readPrivateFile(path);
  if (kept === undefined) {
    const made = random.bytes(KEY_BYTES);
    await createPrivateFile(path, made);
    return made;
  }
  if (kept.length !== KEY_BYTES) {
    throw new StartupError(
      `${path} holds no key: expected ${KEY_BYTES} bytes, found ${kept.length}. Restore it from a backup.`,
    );
  }
  return new Uint8Array(kept);
}
