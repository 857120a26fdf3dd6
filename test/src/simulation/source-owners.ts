/** Whether only the owner of a source sends from it, checked as something leaves. */
import { foldSourceClaim, NO_SOURCE_CLAIMS, type SourceClaim, type SourceClaims } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { StoredRecord } from '@penstock/ports';
import { type Departure, SESSION_TIMEOUT_MS, type SimulatedCluster } from '@penstock/simulation';

/** A claim of which nothing was heard for so long is over. */
const SILENCE_MS = 60_000;
/** Clocks are read in whole milliseconds. */
const ROUNDING_MS = 1;

interface Renewed {
  /** When the last renewal was sent, and when it came into the log; ms since the epoch. */
  readonly sentAt: number;
  readonly heardAt: number;
}

export function watchOwners(cluster: SimulatedCluster, policy: Policy, isOneProcess: boolean): void {
  const owners = new SourceOwners(cluster, policy, isOneProcess);
  cluster.log.onAppend((topic, _partition, records) => {
    if (topic === 'mail.control') for (const stored of records) owners.control(stored as StoredRecord<'mail.control'>);
    if (topic === 'mail.signals') for (const stored of records) owners.signal(stored as StoredRecord<'mail.signals'>);
  });
  cluster.world.onDeparture((departure) => owners.check(departure));
}

class SourceOwners {
  private readonly claims = new Map<string, SourceClaims>();
  private readonly renewed = new Map<string, Renewed>();
  private readonly sources: ReadonlyMap<string, string>;

  constructor(
    private readonly cluster: SimulatedCluster,
    policy: Policy,
    private readonly isOneProcess: boolean,
  ) {
    this.sources = new Map([...policy.sources.values()].map(({ name, ehlo }) => [ehlo, name]));
  }

  control({ offset, record }: StoredRecord<'mail.control'>): void {
    if (record.type !== 'source_claimed' && record.type !== 'source_released') return;
    const { source, claimId } = record.body;
    this.claims.set(source, foldSourceClaim(this.of(source), record, offset));
    if (record.type === 'source_claimed' && !this.renewed.has(claimId)) this.renew(claimId, record.at);
  }

  signal({ record }: StoredRecord<'mail.signals'>): void {
    if (record.type !== 'owner_renewed') return;
    for (const { claimId } of record.body.claims) this.renew(claimId, record.at);
  }

  /** Throws if the sender is not the source's owner, who has renewed its claim and outlasted all before it. */
  check({ what, sender, client }: Departure): void {
    const source = this.sources.get(client);
    if (source === undefined) throw new Error(`${sender} sends as ${client}, which is no source's name`);
    const { open } = this.of(source);
    const own = open.filter(({ owner }) => owner === sender);
    const wrong = own.length === 0 ? 'without a claim' : this.isOneProcess ? undefined : this.wrong(sender, own, open);
    if (wrong) throw new Error(`${sender} sends a ${what} from ${source} ${wrong}`);
  }

  private wrong(sender: string, own: readonly SourceClaim[], open: readonly SourceClaim[]): string | undefined {
    const { simulation, clocks } = this.cluster;
    const { now } = simulation;
    const [first] = own;
    const age = Math.min(...own.map(({ claimId }) => now - (this.renewed.get(claimId)?.sentAt ?? 0)));
    // Renewals carry the time of their host, which may be wrong.
    if (age > SESSION_TIMEOUT_MS + ROUNDING_MS + 2 * clocks.mostOffMs)
      return `though its last renewal is ${age} ms old`;
    for (const { owner, claimId, offset } of open) {
      if (own.some((claim) => claim.claimId === claimId) || offset > (first?.offset ?? 0)) continue;
      if (this.cluster.keepsFolders && isFollowedInPlace(owner, sender)) continue;
      const silentMs = now - (this.renewed.get(claimId)?.heardAt ?? 0);
      if (silentMs + ROUNDING_MS < SILENCE_MS)
        return `though ${owner}, who claimed it before, is silent for ${silentMs} ms only`;
    }
    return undefined;
  }

  private renew(claimId: string, at: number): void {
    const before = this.renewed.get(claimId)?.sentAt ?? 0;
    this.renewed.set(claimId, { sentAt: Math.max(before, at), heardAt: this.cluster.simulation.now });
  }

  private of(source: string): SourceClaims {
    return this.claims.get(source) ?? NO_SOURCE_CLAIMS;
  }
}

/** Whether the second of two processes runs where the first ran, which is dead then; `name#life` both. */
export function isFollowedInPlace(former: string, follower: string): boolean {
  const [name, life] = former.split('#');
  const [followingName, followingLife] = follower.split('#');
  return name === followingName && Number(life) < Number(followingLife);
}
