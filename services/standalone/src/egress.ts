import { CachingResolver, SystemResolver } from '@penstock/adapter-dns';
import type { Policy } from '@penstock/policy';
import type { Clock, Resolver } from '@penstock/ports';
import { Sandbox } from '@penstock/testing';

/** The way out of the process. */
export interface EgressRoute {
  readonly resolver: Resolver;
  /** The same without a memory: for people who have just published something. */
  readonly freshResolver: Resolver;
  /** There in sandbox mode only. */
  readonly sandbox?: Sandbox;
  /** For people: where mail goes. */
  readonly description: string;
}

/** In sandbox mode no packet leaves loopback: its resolver knows no other address. */
export async function openEgress(policy: Policy, clock: Clock): Promise<EgressRoute> {
  if (policy.egress === 'sandbox') {
    const sandbox = await Sandbox.start();
    const { resolver } = sandbox;
    return { resolver, freshResolver: resolver, sandbox, description: 'to the sandbox: no packet leaves this machine' };
  }
  const { egress, smarthost } = policy;
  // A smarthost may be a name of the hosts file, `localhost` above all.
  const system = new SystemResolver({ asThisMachine: egress === 'smarthost' });
  const resolver = new CachingResolver(system, clock);
  if (egress === 'internet' || !smarthost) return { resolver, freshResolver: system, description: 'to the internet' };
  return { resolver, freshResolver: system, description: `to ${smarthost.host}:${smarthost.port}` };
}
