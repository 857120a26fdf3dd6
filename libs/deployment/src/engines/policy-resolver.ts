import { CachingResolver, SystemResolver } from '@penstock/adapter-dns';
import { ControlFollower } from '@penstock/control';
import type { Policy } from '@penstock/policy';
import type {
  AddressAnswer,
  AnyConsumer,
  Clock,
  EventLog,
  MxAnswer,
  Random,
  Resolver,
  Telemetry,
  TxtAnswer,
} from '@penstock/ports';
import { sandboxResolver } from './sandbox-hosts.ts';

export interface PolicyResolverDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

/** Its consumer has to be joined to the log. */
export interface PolicyResolver extends Resolver {
  readonly consumer: AnyConsumer;
  /** The same without a memory: for people who have just published something. */
  readonly fresh: Resolver;
  /** The policy of record, once it is known. */
  policy(): Policy | undefined;
}

/**
 * Names for a service apart.
 *
 * @throws StartupError where the file of the sandbox's hosts cannot be read
 */
export async function openServiceResolver(
  settings: { readonly sandboxHosts: string | undefined },
  deps: PolicyResolverDeps,
): Promise<PolicyResolver> {
  return openPolicyResolver(deps, await sandboxResolver(settings.sandboxHosts));
}

type Egress = Policy['egress'];

/**
 * Names as the policy of record has them, at every question anew: while it sends to the sandbox no address but the
 * sandbox's is known, so that nothing leaves this machine whatever the settings say.
 *
 * @param sandbox the sandbox's own; without it nobody is reached under such a policy
 */
export function openPolicyResolver(deps: PolicyResolverDeps, sandbox: Resolver | undefined): PolicyResolver {
  const { log, clock, random, telemetry } = deps;
  const follower = new ControlFollower(log, telemetry, random, 'resolver');
  const internet = new SystemResolver();
  // A smarthost may be a name of the hosts file, `localhost` above all.
  const smarthost = new SystemResolver({ asThisMachine: true });
  const noSandbox = new FailingResolver('PENSTOCK_SANDBOX_HOSTS is not set, and the policy sends to the sandbox');
  const unknown = new FailingResolver('there is no policy yet');
  const fresh: Readonly<Record<Egress, Resolver>> = { sandbox: sandbox ?? noSandbox, internet, smarthost };
  const cached: Readonly<Record<Egress, Resolver>> = {
    sandbox: fresh.sandbox,
    internet: new CachingResolver(internet, clock),
    smarthost: new CachingResolver(smarthost, clock),
  };
  const under = (by: Readonly<Record<Egress, Resolver>>) => {
    const { policy } = follower.state;
    return follower.notReady() === undefined && policy ? by[policy.egress] : unknown;
  };
  return {
    consumer: follower.consumer,
    policy: () => (follower.notReady() === undefined ? follower.state.policy : undefined),
    fresh: chosen(() => under(fresh)),
    ...chosen(() => under(cached)),
  };
}

function chosen(choose: () => Resolver): Resolver {
  return {
    resolveMx: (domain) => choose().resolveMx(domain),
    resolveAddresses: (host) => choose().resolveAddresses(host),
    resolveTxt: (name) => choose().resolveTxt(name),
  };
}

class FailingResolver implements Resolver {
  private readonly failure: { readonly kind: 'failure'; readonly detail: string };

  constructor(detail: string) {
    this.failure = { kind: 'failure', detail };
  }

  async resolveMx(): Promise<MxAnswer> {
    return this.failure;
  }

  async resolveAddresses(): Promise<AddressAnswer> {
    return this.failure;
  }

  async resolveTxt(): Promise<TxtAnswer> {
    return this.failure;
  }
}
