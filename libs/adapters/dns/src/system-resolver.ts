import { promises as dns } from 'node:dns';
import type { AddressAnswer, MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';

export interface SystemResolverOptions {
  /** Name servers, `address` or `address:port`; the system's if absent. */
  readonly servers?: readonly string[];
  /** Of the first try, ms; c-ares doubles it from try to try. */
  readonly timeoutMs?: number;
  readonly tries?: number;
  /** Port mail hosts listen on. */
  readonly port?: number;
  /**
   * Addresses as every program of this machine finds them, its hosts file included: for hosts that an operator named,
   * such as `localhost`, never for those that DNS named.
   */
  readonly asThisMachine?: boolean;
}

/** Nobody tells how long what the hosts file says will hold. */
const LOOKUP_TTL_MS = 30_000;

/** Node tells the TTL of addresses only; for the rest this is long enough to help and short enough to follow. */
export const DEFAULT_TTL_MS = 5 * 60_000;

/** DNS through c-ares, IPv4 first. */
export class SystemResolver implements Resolver {
  private readonly resolver: dns.Resolver;
  private readonly port: number;
  private readonly asThisMachine: boolean;

  constructor(options: SystemResolverOptions = {}) {
    this.resolver = new dns.Resolver({ timeout: options.timeoutMs ?? 5000, tries: options.tries ?? 2 });
    if (options.servers) this.resolver.setServers(options.servers);
    this.port = options.port ?? 25;
    this.asThisMachine = options.asThisMachine ?? false;
  }

  async resolveMx(domain: string): Promise<MxAnswer> {
    try {
      const records = await this.resolver.resolveMx(domain);
      // RFC 7505 section 3: one record, preference 0, exchange ".", which c-ares renders as "".
      if (records.length === 1 && isRoot(records[0]?.exchange)) return { kind: 'null_mx', ttlMs: DEFAULT_TTL_MS };
      const hosts = records
        .filter(({ exchange }) => !isRoot(exchange))
        .map(({ exchange, priority }) => ({ name: canonical(exchange), preference: priority }))
        .sort((a, b) => a.preference - b.preference);
      return hosts.length > 0
        ? { kind: 'mx', hosts, ttlMs: DEFAULT_TTL_MS }
        : { kind: 'failure', detail: 'every MX record names the root' };
    } catch (error) {
      return this.withoutMx(errorCode(error));
    }
  }

  async resolveAddresses(host: string): Promise<AddressAnswer> {
    if (this.asThisMachine) return this.lookUp(host);
    const [ipv4, ipv6] = await Promise.all([
      this.resolver.resolve4(host, { ttl: true }).catch(errorCode),
      this.resolver.resolve6(host, { ttl: true }).catch(errorCode),
    ]);
    const found = [
      ...(typeof ipv4 === 'string' ? [] : ipv4.map((record) => ({ ...record, family: 4 as const }))),
      ...(typeof ipv6 === 'string' ? [] : ipv6.map((record) => ({ ...record, family: 6 as const }))),
    ];
    if (found.length > 0) {
      const ttlMs = Math.min(...found.map(({ ttl }) => ttl)) * 1000;
      return {
        kind: 'addresses',
        addresses: found.map(({ address, family }) => ({ address, family, port: this.port })),
        ttlMs,
      };
    }
    const failed = [ipv4, ipv6].find((code) => typeof code === 'string' && !isAbsent(code));
    return failed === undefined ? { kind: 'none' } : { kind: 'failure', detail: String(failed) };
  }

  async resolveTxt(name: string): Promise<TxtAnswer> {
    try {
      const records = await this.resolver.resolveTxt(name);
      return { kind: 'txt', texts: records.map((strings) => strings.join('')) };
    } catch (error) {
      const code = errorCode(error);
      return isAbsent(code) ? { kind: 'none' } : { kind: 'failure', detail: code };
    }
  }

  private async lookUp(host: string): Promise<AddressAnswer> {
    try {
      const found = await dns.lookup(host, { all: true, order: 'ipv4first' });
      const addresses = found.map(({ address, family }) => ({
        address,
        family: family === 6 ? (6 as const) : (4 as const),
        port: this.port,
      }));
      return { kind: 'addresses', addresses, ttlMs: LOOKUP_TTL_MS };
    } catch (error) {
      const code = errorCode(error);
      return isAbsent(code) ? { kind: 'none' } : { kind: 'failure', detail: code };
    }
  }

  private withoutMx(code: string): MxAnswer {
    if (code === 'ENOTFOUND') return { kind: 'nxdomain', ttlMs: DEFAULT_TTL_MS };
    if (code === 'ENODATA') return { kind: 'implicit', ttlMs: DEFAULT_TTL_MS };
    return { kind: 'failure', detail: code };
  }
}

function isRoot(exchange: string | undefined): boolean {
  return exchange === undefined || exchange === '' || exchange === '.';
}

function canonical(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

function isAbsent(code: string): boolean {
  return code === 'ENOTFOUND' || code === 'ENODATA';
}

function errorCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
