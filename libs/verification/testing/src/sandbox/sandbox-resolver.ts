import type { AddressAnswer, MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';

/** A long time in a sandbox. */
const TTL_MS = 60_000;

export interface ResolvableProvider {
  readonly host: string;
  readonly domains: readonly string[];
  readonly address: string;
  readonly port: number;
}

/**
 * The sandbox's DNS: what is listed lives at its provider, `.invalid` does not exist (RFC 6761 section 6.4), everybody
 * else has a mailbox at the healthy provider. Answers only loopback addresses.
 */
export class SandboxResolver implements Resolver {
  private readonly byDomain = new Map<string, ResolvableProvider>();
  private readonly byHost = new Map<string, ResolvableProvider>();

  constructor(
    providers: readonly ResolvableProvider[],
    private readonly healthy: ResolvableProvider,
  ) {
    for (const provider of [...providers, healthy]) {
      this.byHost.set(provider.host, provider);
      for (const domain of provider.domains) this.byDomain.set(domain, provider);
    }
  }

  async resolveMx(domain: string): Promise<MxAnswer> {
    const name = domain.toLowerCase();
    if (name === 'invalid' || name.endsWith('.invalid')) return { kind: 'nxdomain', ttlMs: TTL_MS };
    const { host } = this.byDomain.get(name) ?? this.healthy;
    return { kind: 'mx', hosts: [{ name: host, preference: 10 }], ttlMs: TTL_MS };
  }

  async resolveAddresses(host: string): Promise<AddressAnswer> {
    const provider = this.byHost.get(host.toLowerCase());
    if (!provider) return { kind: 'none' };
    return {
      kind: 'addresses',
      addresses: [{ address: provider.address, family: 4, port: provider.port }],
      ttlMs: TTL_MS,
    };
  }

  /** Nobody publishes anything in a sandbox. */
  async resolveTxt(): Promise<TxtAnswer> {
    return { kind: 'none' };
  }
}
