import type { AddressAnswer, MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';

export const ADDRESS = '203.0.114.25';

/** DNS for specifications: every domain has one mail host with one address, unless it is told otherwise. */
export class ScriptedResolver implements Resolver {
  readonly mx = new Map<string, MxAnswer>();
  readonly addresses = new Map<string, AddressAnswer>();
  readonly asked: string[] = [];

  async resolveMx(domain: string): Promise<MxAnswer> {
    this.asked.push(domain);
    return this.mx.get(domain) ?? { kind: 'mx', hosts: [{ name: `mx.${domain}`, preference: 10 }], ttlMs: 1000 };
  }

  async resolveAddresses(host: string): Promise<AddressAnswer> {
    return this.addresses.get(host) ?? addresses(ADDRESS);
  }

  async resolveTxt(): Promise<TxtAnswer> {
    return { kind: 'none' };
  }
}

export function addresses(...list: readonly string[]): AddressAnswer {
  return {
    kind: 'addresses',
    ttlMs: 1000,
    addresses: list.map((address) => ({ address, family: address.includes(':') ? 6 : 4, port: 25 })),
  };
}
