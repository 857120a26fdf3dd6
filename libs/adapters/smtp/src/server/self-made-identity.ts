import type { TlsIdentity } from './smtp-door.ts';

export interface SelfMadeOptions {
  /** Goes into the certificate as its subject and its name; `localhost` and the loopback addresses go beside it. */
  readonly hostname: string;
  /** ms since the epoch */
  readonly from: number;
  readonly until: number;
}

/**
 * A key and a certificate signed with it: enough to encrypt, nothing to verify. RSA, since selfsigned 5.5.0 fails on
 * elliptic curves with the ASN.1 packages it comes with (`Cannot get schema for 'AlgorithmIdentifier'`).
 */
export async function makeIdentity({ hostname, from, until }: SelfMadeOptions): Promise<TlsIdentity> {
  // Needed once in the life of a data folder, and slow to load.
  const { generate } = await import('selfsigned');
  const names = [...new Set([hostname, 'localhost'])];
  const made = await generate([{ name: 'commonName', value: hostname }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(from),
    notAfterDate: new Date(until),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          ...names.map((value) => ({ type: 2 as const, value })),
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private, selfMade: true };
}
