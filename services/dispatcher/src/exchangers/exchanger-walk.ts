import type { Host, Phase, SmtpReply } from '@penstock/events';
import { isPublicAddress } from '@penstock/mail';
import { matchProvider, type Policy, type Shaping, type SourcePolicy } from '@penstock/policy';
import {
  type Clock,
  type HostAddress,
  type MailSession,
  type MailTransport,
  type Random,
  type Resolver,
  type TlsMode,
  TransportError,
} from '@penstock/ports';
import { HostMemory } from './host-memory.ts';
import { findRoute, type Route, type RouteHost } from './route.ts';

export interface WalkRequest {
  readonly domain: string;
  /** The provider whose limits the command was released under. */
  readonly provider: string | undefined;
  readonly source: SourcePolicy;
  readonly shaping: Shaping;
  readonly policy: Policy;
  /** Nothing of the path starts any more: what is being opened is closed. */
  readonly signal: AbortSignal;
  /** Resolves with true when one more connection may be opened, with false if that would be too late. */
  permit(): Promise<boolean>;
}

export interface Trouble {
  readonly kind: 'trouble';
  readonly phase: Phase;
  readonly host?: Host;
  readonly reply?: SmtpReply | undefined;
  readonly code?: string | undefined;
  readonly detail: string;
}

export type WalkResult =
  | { readonly kind: 'session'; readonly session: MailSession; readonly host: Host; readonly connectMs: number }
  /** The domain takes no mail, for good. */
  | { readonly kind: 'null_mx' | 'mx_is_address' | 'mx_not_public' }
  /** It does not exist, or has no mail host: for good if it stays so. */
  | { readonly kind: 'nxdomain' | 'no_mail_host' }
  | Trouble
  /** The scheduler had no answer from DNS when it chose the path: these hosts are a provider's, with limits of its own. */
  | { readonly kind: 'other_provider' }
  /** Its time to start passed before any host could be tried. */
  | { readonly kind: 'late' }
  /** This machine cannot: no free port or descriptor, or `unreachable`: the source's address is not its own. */
  | { readonly kind: 'local'; readonly unreachable: boolean; readonly detail: string };

const MAX_ADDRESSES = 5;
const MAX_FAILED_HOSTS = 2;
/** A host that could not be reached is tried after the others for this long. */
const DEAD_HOST_MS = 60_000;

const LOCAL_FAULTS: ReadonlySet<string> = new Set([
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
]);

export interface WalkPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly resolver: Resolver;
  readonly transport: MailTransport;
}

/** Walks a domain's mail hosts to the first that greets us. Remembers the dead ones and those with broken TLS. */
export class ExchangerWalk {
  private readonly dead = new HostMemory();
  private readonly brokenTls = new HostMemory();

  constructor(private readonly ports: WalkPorts) {}

  async walk(request: WalkRequest): Promise<WalkResult> {
    const route = await findRoute(request.domain, request.policy, this.ports.resolver, this.ports.random);
    if (route.kind === 'failure') return { kind: 'trouble', phase: 'dns', detail: route.detail };
    if (route.kind !== 'hosts') return { kind: route.kind };
    return isOthers(route, request) ? { kind: 'other_provider' } : this.visit(route, request);
  }

  private async visit(route: Route & { kind: 'hosts' }, request: WalkRequest): Promise<WalkResult> {
    let trouble: Trouble | undefined;
    let addressesLeft = MAX_ADDRESSES;
    let notPublic = false;
    for (const host of route.hosts.slice(0, MAX_FAILED_HOSTS)) {
      const answer = host.addresses ?? (await this.ports.resolver.resolveAddresses(host.name));
      if (answer.kind === 'failure') {
        trouble = worse(trouble, { kind: 'trouble', phase: 'dns', host: { name: host.name }, detail: answer.detail });
      }
      if (answer.kind !== 'addresses') continue;
      const reachable = this.reachable(answer.addresses, request);
      if (reachable.length === 0) {
        const detail = 'no address of the family the source sends from';
        trouble = worse(trouble, { kind: 'trouble', phase: 'dns', host: { name: host.name }, detail });
        continue;
      }
      const allowed = this.allowed(reachable, request);
      notPublic ||= allowed.length === 0;
      for (const address of allowed.slice(0, addressesLeft)) {
        addressesLeft--;
        const met = await this.visitAddress(host, address, request);
        if (met.kind === 'late') return trouble ?? met;
        if (met.kind !== 'trouble') return met;
        trouble = worse(trouble, met);
      }
    }
    return trouble ?? { kind: notPublic ? 'mx_not_public' : 'no_mail_host' };
  }

  /** Addresses of the family the source sends from. */
  private reachable(addresses: readonly HostAddress[], { source, policy }: WalkRequest): readonly HostAddress[] {
    const family = familyOf(source, policy);
    return family === undefined ? addresses : addresses.filter((address) => address.family === family);
  }

  /** Addresses mail may go to, living ones first; on the internet neither private ones nor our own. */
  private allowed(addresses: readonly HostAddress[], { policy }: WalkRequest): readonly HostAddress[] {
    const own = new Set([...policy.sources.values()].map(({ bind }) => bind));
    const isAllowed = ({ address }: HostAddress) => isPublicAddress(address) && !own.has(address);
    const allowed = policy.egress === 'internet' ? addresses.filter(isAllowed) : addresses;
    const now = this.ports.clock.monotonic();
    const isDead = (address: HostAddress) => this.dead.has(endpoint(address), now);
    return [...allowed.filter((address) => !isDead(address)), ...allowed.filter(isDead)];
  }

  private async visitAddress(host: RouteHost, address: HostAddress, request: WalkRequest): Promise<WalkResult> {
    const { enableTls, rememberBrokenTlsMs } = request.shaping;
    const now = this.ports.clock.monotonic();
    const tls = this.brokenTls.has(host.name, now) && isOpportunistic(enableTls) ? 'Disabled' : enableTls;
    const met = await this.connect(host, address, tls, request);
    if (met.kind !== 'trouble' || met.phase !== 'starttls' || !isOpportunistic(tls)) return met;
    // Falls back once, and remembers it: mail that waits for the host's TLS to be mended would be lost at last.
    this.brokenTls.remember(host.name, this.ports.clock.monotonic() + rememberBrokenTlsMs);
    const plain = await this.connect(host, address, 'Disabled', request);
    return plain.kind === 'late' ? met : plain;
  }

  private async connect(
    { name }: RouteHost,
    target: HostAddress,
    tls: TlsMode,
    { source, shaping, signal, permit }: WalkRequest,
  ): Promise<WalkResult> {
    if (!(await permit())) return { kind: 'late' };
    const { address, port } = target;
    const host = { name, address, port };
    const startedAt = this.ports.clock.monotonic();
    try {
      const session = await this.ports.transport.connect({
        host: name,
        address,
        port,
        ehlo: source.ehlo,
        tls,
        timeouts: {
          connectMs: shaping.connectTimeoutMs,
          bannerMs: shaping.bannerTimeoutMs,
          commandMs: shaping.commandTimeoutMs,
          dataMs: shaping.dataTimeoutMs,
          finalDotMs: shaping.dataDotTimeoutMs,
        },
        ...(source.bind === undefined ? {} : { bind: source.bind }),
        signal,
      });
      this.dead.forget(endpoint(target));
      return { kind: 'session', session, host, connectMs: this.ports.clock.monotonic() - startedAt };
    } catch (error) {
      // It says nothing about the host.
      if (signal.aborted) return { kind: 'late' };
      return this.failed(error, host, target, source);
    }
  }

  private failed(error: unknown, host: Host, target: HostAddress, source: SourcePolicy): WalkResult {
    if (!(error instanceof TransportError)) throw error;
    const { phase, reply, code, message: detail } = error;
    if (phase === 'connect' && code !== undefined && LOCAL_FAULTS.has(code)) {
      return { kind: 'local', unreachable: code === 'EADDRNOTAVAIL' && source.bind !== undefined, detail: code };
    }
    if (phase === 'connect') this.dead.remember(endpoint(target), this.ports.clock.monotonic() + DEAD_HOST_MS);
    return { kind: 'trouble', phase, host, reply, code, detail };
  }
}

function isOthers({ hosts }: Route & { kind: 'hosts' }, { domain, provider, policy }: WalkRequest): boolean {
  if (provider !== undefined || policy.egress === 'smarthost') return false;
  return matchProvider(policy, { domain, mxHosts: hosts.map(({ name }) => name) }) !== undefined;
}

function familyOf({ bind }: SourcePolicy, { egress }: Policy): 4 | 6 | undefined {
  if (bind !== undefined) return bind.includes(':') ? 6 : 4;
  return egress === 'internet' ? 4 : undefined;
}

function isOpportunistic(tls: TlsMode): boolean {
  return tls === 'Opportunistic' || tls === 'OpportunisticInsecure';
}

function endpoint({ address, port }: HostAddress): string {
  return `${address}|${port}`;
}

/** What says most: a host's words before silence, else the last. */
function worse(before: Trouble | undefined, now: Trouble): Trouble {
  return before?.reply && !now.reply ? before : now;
}
