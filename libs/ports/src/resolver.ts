/** DNS as mail needs it. Failures are answers, not exceptions: what they mean is decided by who asked. */
export interface Resolver {
  /** MX hosts of a domain (A-labels, lower case), most preferred first. */
  resolveMx(domain: string): Promise<MxAnswer>;
  /** Addresses of an MX host. */
  resolveAddresses(host: string): Promise<AddressAnswer>;
  /** TXT records of a name, the strings of each joined (RFC 7208 section 3.3). Asked anew each time. */
  resolveTxt(name: string): Promise<TxtAnswer>;
}

export type MxAnswer =
  | { readonly kind: 'mx'; readonly hosts: readonly MxHost[]; readonly ttlMs: number }
  /** The domain exists and has no MX: its own address is its mail host (RFC 5321 section 5.1). */
  | { readonly kind: 'implicit'; readonly ttlMs: number }
  /** RFC 7505: this domain accepts no mail. */
  | { readonly kind: 'null_mx'; readonly ttlMs: number }
  | { readonly kind: 'nxdomain'; readonly ttlMs: number }
  /** SERVFAIL, time-out, refused: says nothing about the domain. */
  | { readonly kind: 'failure'; readonly detail: string };

export interface MxHost {
  readonly name: string;
  readonly preference: number;
}

export type AddressAnswer =
  | { readonly kind: 'addresses'; readonly addresses: readonly HostAddress[]; readonly ttlMs: number }
  | { readonly kind: 'none' }
  | { readonly kind: 'failure'; readonly detail: string };

export interface HostAddress {
  readonly address: string;
  readonly family: 4 | 6;
  /** 25 on the internet; the sandbox's providers listen elsewhere. */
  readonly port: number;
}

export type TxtAnswer =
  | { readonly kind: 'txt'; readonly texts: readonly string[] }
  /** There is no such name, or it has no TXT record. */
  | { readonly kind: 'none' }
  | { readonly kind: 'failure'; readonly detail: string };
