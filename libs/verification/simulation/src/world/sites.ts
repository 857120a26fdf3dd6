/** The mailbox providers of the simulated world, and what their DNS says. */
export interface WorldSite {
  readonly name: string;
  readonly domains: readonly string[];
  readonly mxHosts: readonly string[];
  /** One address per MX host. */
  readonly addresses: readonly string[];
}

export class Sites {
  private readonly byDomain = new Map<string, WorldSite>();
  private readonly byAddress = new Map<string, WorldSite>();
  private readonly addressOf = new Map<string, string>();

  constructor(readonly all: readonly WorldSite[]) {
    for (const site of all) {
      for (const domain of site.domains) this.byDomain.set(domain, site);
      for (const [i, host] of site.mxHosts.entries()) {
        const address = site.addresses[i];
        if (address === undefined) throw new RangeError(`${host} has no address`);
        this.addressOf.set(host, address);
        this.byAddress.set(address, site);
      }
    }
  }

  ofDomain(domain: string): WorldSite | undefined {
    return this.byDomain.get(domain);
  }

  ofAddress(address: string): WorldSite | undefined {
    return this.byAddress.get(address);
  }

  address(host: string): string | undefined {
    return this.addressOf.get(host);
  }
}
