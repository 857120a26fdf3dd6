import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeIdentity } from '@penstock/adapter-smtp';
import type { Clock } from '@penstock/ports';
import { createPrivateFile, readPrivateFile } from '../startup/private-file.ts';
import { errnoOf, StartupError } from '../startup/startup-error.ts';
import { type CheckedIdentity, checkedIdentity } from './identity.ts';

/** Answers the identity to use now; asked again and again. Rejects with StartupError. */
export type IdentitySource = () => Promise<CheckedIdentity>;

const DAY_MS = 86_400_000;
const MADE_FOR_MS = 397 * DAY_MS;
const RENEWED_BEFORE_MS = 30 * DAY_MS;
/** Clocks of clients differ. */
const BACKDATED_MS = DAY_MS;
const FILE_NAME = 'tls.pem';

/** Files of the operator, read anew each time. */
export function ownIdentity(certPath: string, keyPath: string): IdentitySource {
  return async () => {
    const cert = await read(certPath, 'PENSTOCK_TLS_CERT');
    const key = await read(keyPath, 'PENSTOCK_TLS_KEY');
    const origin = { cert: `PENSTOCK_TLS_CERT: ${certPath}`, key: `PENSTOCK_TLS_KEY: ${keyPath}` };
    return checkedIdentity({ cert, key }, origin);
  };
}

async function read(path: string, setting: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new StartupError(`${setting}: ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
}

/** Key and certificate in one file of the data folder, mode 0600; made when there is none, and anew before it ends. */
export function selfMadeIdentity(dataDir: string, hostname: string, clock: Clock): IdentitySource {
  const path = join(dataDir, FILE_NAME);
  return async () => {
    const kept = readPrivateFile(path)?.toString('utf8');
    const now = clock.now();
    if (kept !== undefined) {
      const identity = checkedIdentity({ cert: kept, key: kept, selfMade: true }, { cert: path, key: path });
      if (identity.validUntil - now > RENEWED_BEFORE_MS) return identity;
    }
    const made = await makeIdentity({ hostname, from: now - BACKDATED_MS, until: now + MADE_FOR_MS });
    const both = `${made.key.trim()}\n${made.cert.trim()}\n`;
    await createPrivateFile(path, both);
    return checkedIdentity({ cert: both, key: both, selfMade: true }, { cert: path, key: path });
  };
}
