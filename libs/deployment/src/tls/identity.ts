import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { TlsIdentity } from '@penstock/adapter-smtp';
import { StartupError } from '../startup/startup-error.ts';

/** A certificate with its key, looked at. */
export interface CheckedIdentity extends TlsIdentity {
  /** ms since the epoch */
  readonly validFrom: number;
  readonly validUntil: number;
}

/** Where certificate and key come from, for messages. */
export interface IdentityOrigin {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads both and sees that they belong together. Whether the certificate is of its time is not asked: it serves those
 * who do not verify it, and a service that does not start serves nobody.
 *
 * @throws StartupError that says which of the two is wrong.
 */
export function checkedIdentity({ cert, key, selfMade = false }: TlsIdentity, origin: IdentityOrigin): CheckedIdentity {
  const certificate = parsedCertificate(cert, origin);
  const privateKey = parsedKey(key, origin);
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new StartupError(`${origin.key} is not the key of the certificate in ${origin.cert}`);
  }
  const validFrom = Date.parse(certificate.validFrom);
  return { cert, key, selfMade, validFrom, validUntil: Date.parse(certificate.validTo) };
}

function parsedCertificate(pem: string, origin: IdentityOrigin): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new StartupError(`${origin.cert} holds no certificate: expected PEM, first that of this host`);
  }
}

function parsedKey(pem: string, origin: IdentityOrigin): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new StartupError(`${origin.key} holds no private key without a passphrase: expected PEM`);
  }
}
