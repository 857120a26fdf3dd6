import { isIpAddress } from '@penstock/mail';
import type { Policy } from '@penstock/policy';
import type { AddressAnswer, MxHost, Random, Resolver } from '@penstock/ports';

/** Which hosts take the mail of a domain, or why none does. */
export type Route =
  | { readonly kind: 'hosts'; readonly hosts: readonly RouteHost[] }
  | { readonly kind: 'null_mx' | 'nxdomain' | 'mx_is_address' }
  | { readonly kind: 'failure'; readonly detail: string };

export interface RouteHost {
  readonly name: string;
  /** Given where DNS need not be asked. */
  readonly addresses?: AddressAnswer;
}

/** By preference, equals in random order (RFC 5321 section 5.1). */
export async function findRoute(domain: string, policy: Policy, resolver: Resolver, random: Random): Promise<Route> {
  if (policy.egress === 'smarthost') return smarthostRoute(policy, resolver);
  const answer = await resolver.resolveMx(domain);
  switch (answer.kind) {
    case 'mx': {
      const hosts = shuffled(answer.hosts, random).filter(({ name }) => !isIpAddress(name));
      return hosts.length === 0
        ? { kind: 'mx_is_address' }
        : { kind: 'hosts', hosts: hosts.map(({ name }) => ({ name })) };
    }
    case 'implicit':
      return { kind: 'hosts', hosts: [{ name: domain }] };
    case 'failure':
      return { kind: 'failure', detail: answer.detail };
    default:
      return { kind: answer.kind };
  }
}

async function smarthostRoute({ smarthost }: Policy, resolver: Resolver): Promise<Route> {
  if (!smarthost) return { kind: 'failure', detail: 'the policy names no smarthost' };
  const { host: name, port } = smarthost;
  if (isIpAddress(name)) {
    const family = name.includes(':') ? 6 : 4;
    return {
      kind: 'hosts',
      hosts: [{ name, addresses: { kind: 'addresses', addresses: [{ address: name, family, port }], ttlMs: 0 } }],
    };
  }
  const answer = await resolver.resolveAddresses(name);
  if (answer.kind !== 'addresses') return { kind: 'failure', detail: `smarthost ${name} has no address` };
  const addresses = { ...answer, addresses: answer.addresses.map((found) => ({ ...found, port })) };
  return { kind: 'hosts', hosts: [{ name, addresses }] };
}

function shuffled(hosts: readonly MxHost[], random: Random): readonly MxHost[] {
  return hosts
    .map((host) => ({ host, tie: random.next() }))
    .sort((a, b) => a.host.preference - b.host.preference || a.tie - b.tie)
    .map(({ host }) => host);
}
