import { lookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from '@penstock/mail';

/** The addresses of a host name, at least one; rejects where there are none. */
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

export const systemResolve: Resolve = (hostname) => lookup(hostname, { all: true, verbatim: true });

/** The name leads into a network that is not public. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

/** The name leads nowhere. */
export class UnresolvedError extends Error {
  override readonly name = 'UnresolvedError';
}

/**
 * A lookup for sockets, which connect to exactly what it answers: a name that is asked for once and means another
 * address a moment later (DNS rebinding) gains nothing. A name with any address that is not public is refused whole.
 */
export function publicLookup(resolve: Resolve, allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    checkedAddresses(hostname, resolve, allowPrivate).then(
      (addresses) => {
        const [first] = addresses;
        if (options.all) callback(null, [...addresses]);
        else callback(null, first?.address ?? '', first?.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

async function checkedAddresses(hostname: string, resolve: Resolve, allowPrivate: boolean) {
  const addresses = await resolve(hostname).catch((error: unknown) => {
    throw new UnresolvedError(error instanceof Error ? error.message : String(error));
  });
  if (addresses.length === 0) throw new UnresolvedError(`${hostname} has no address`);
  if (!allowPrivate && !addresses.every(({ address }) => isPublicAddress(address))) {
    throw new AddressRefusedError(`${hostname} has an address that is not public`);
  }
  return addresses;
}
