import { NO_SOURCE_CLAIMS, type SourceClaim, type SourceClaims } from '@penstock/events';
import type { EventLog, Telemetry } from '@penstock/ports';
import type { ControlWriter } from '../control/control-writer.ts';
import type { Heartbeats } from './heartbeats.ts';

/** How a source is given up: what is under way may end, or only what waits for its last answer. */
export type Departure = 'handover' | 'stale';

/** Who wants a source given up: a claim that is disputed or stale, or the group, which takes all away while it shares out anew. */
export type AskedBy = 'us' | 'group';

/** A source that was claimed, in the part succession is about. */
export interface Claimed {
  readonly name: string;
  readonly partition: number;
  readonly claimId: string;
}

export type Standing =
  /** Our claim is not read back yet. */
  | 'unread'
  /** Nobody who claimed it before us can send any more. */
  | 'first'
  /** Those before us may still send, for so long at least. */
  | { readonly waitMs: number }
  /** Another has claimed it after us. */
  | 'followed'
  /** Our claim was ended by a successor. */
  | 'lost';

/** The source is ours; records of `mail.control` before `cleanFrom` say nothing more about its commands. */
export interface Turn {
  readonly cleanFrom: number;
}

const FIRST_BACKOFF_MS = 1000;
const FOLLOWED_BACKOFF_MS = 20_000;
const MAX_BACKOFF_MS = 120_000;

/** Whose turn it is with a source that several processes may claim: claims from control, silence from signals. */
export class Succession {
  private claims: ReadonlyMap<string, SourceClaims> = new Map();
  private readonly own = new Set<string>();
  /** Ours that were read back. */
  private readonly read = new Set<string>();
  private readonly deciding = new Set<string>();
  private readonly dead: ReadonlySet<string>;
  /** By source: given up in a row. */
  private readonly losses = new Map<string, number>();

  constructor(
    private readonly ports: { readonly log: EventLog; readonly telemetry: Telemetry },
    private readonly heartbeats: Heartbeats,
    private readonly control: ControlWriter,
    private readonly owner: string,
    private readonly now: () => number,
    /** Commands of the partition before `end` may have been sent by a predecessor. */
    private readonly doubt: (partition: number, end: number) => void,
    /** Owners whose process is known to have ended: nobody waits for their silence. */
    formerOwners: readonly string[] = [],
  ) {
    this.dead = new Set(formerOwners.filter((one) => one !== owner));
  }

  follow(claims: ReadonlyMap<string, SourceClaims>): void {
    this.claims = claims;
    const open = [...claims.values()].flatMap((one) => one.open.map(({ claimId }) => claimId));
    for (const claimId of open) if (this.own.has(claimId)) this.read.add(claimId);
    this.heartbeats.follow(new Set(open.filter((claimId) => !this.own.has(claimId))));
  }

  claimed({ name, claimId }: Claimed): void {
    this.own.add(claimId);
    this.heartbeats.begin(name, claimId, this.now());
  }

  released({ name, claimId }: Claimed, asked: AskedBy): void {
    this.heartbeats.end(claimId);
    if (asked === 'us') this.losses.set(name, (this.losses.get(name) ?? 0) + 1);
  }

  isFresh(claimId: string): boolean {
    return this.heartbeats.isFresh(claimId);
  }

  /** Whether anybody who claims the source is heard. */
  isOwned(name: string): boolean {
    return this.of(name).open.some((claim) => this.own.has(claim.claimId) || this.silentInMs(claim) > 0);
  }

  standing({ name, claimId }: Claimed): Standing {
    const { open } = this.of(name);
    const mine = open.find((claim) => claim.claimId === claimId);
    if (!mine) return this.read.has(claimId) ? 'lost' : 'unread';
    if (open.some((claim) => claim.offset > mine.offset && this.isRival(claim))) return 'followed';
    const waitMs = Math.max(0, ...this.before(mine, open).map((claim) => this.silentInMs(claim)));
    return waitMs > 0 ? { waitMs } : 'first';
  }

  /**
   * Takes the source over once nobody before us can send. A renewal may lie unread in the log: silence counts only
   * after everything that stood there at its end is heard. What a predecessor may have sent is in doubt then.
   *
   * @param cleanFrom others' releases before this offset of `mail.control` were known when the partition's end was found
   */
  async takeOver(claimed: Claimed, cleanFrom: number): Promise<Turn | 'not yet' | 'busy'> {
    if (this.deciding.has(claimed.claimId)) return 'busy';
    this.deciding.add(claimed.claimId);
    try {
      return await this.decide(claimed, cleanFrom);
    } catch (error) {
      this.ports.telemetry.log('warn', 'takeover_delayed', { source: claimed.name, error: String(error) });
      return 'not yet';
    } finally {
      this.deciding.delete(claimed.claimId);
    }
  }

  /** How long to stay away from a source that was given up. What the group took and gave back is nobody else's. */
  backoffMs({ name }: Claimed, asked: AskedBy): number {
    const losses = Math.min(this.losses.get(name) ?? 0, 10);
    const isContested = this.of(name).open.some((claim) => this.isRival(claim));
    if (asked === 'group' && !isContested && losses === 0) return 0;
    const first = isContested ? FOLLOWED_BACKOFF_MS : FIRST_BACKOFF_MS;
    return Math.min(first * 2 ** Math.max(0, losses - 1), MAX_BACKOFF_MS);
  }

  private async decide(claimed: Claimed, cleanFrom: number): Promise<Turn | 'not yet'> {
    const { log } = this.ports;
    const predecessors = this.predecessors(claimed);
    if (predecessors.length > 0) {
      const { end } = await log.bounds('mail.signals', 0);
      await this.heartbeats.heard(end);
    }
    const last = Math.max(-1, ...this.foreignReleases(claimed.name));
    if (predecessors.length > 0 || last >= cleanFrom) {
      const { end } = await log.bounds('mail.attempts', claimed.partition);
      if (this.standing(claimed) !== 'first') return 'not yet';
      this.doubt(claimed.partition, end);
    }
    if (this.standing(claimed) !== 'first') return 'not yet';
    for (const { owner, claimId } of this.predecessors(claimed)) {
      void this.control.write('source_released', { source: claimed.name, owner, claimId, releasedBy: this.owner });
    }
    this.losses.delete(claimed.name);
    return { cleanFrom: Math.max(cleanFrom, last + 1) };
  }

  /** Another process that may be alive. */
  private isRival({ owner, claimId }: SourceClaim): boolean {
    return !this.own.has(claimId) && !this.dead.has(owner);
  }

  private silentInMs({ owner, claimId }: SourceClaim): number {
    return this.dead.has(owner) ? 0 : this.heartbeats.silentInMs(claimId);
  }

  private predecessors({ name, claimId }: Claimed): readonly SourceClaim[] {
    const { open } = this.of(name);
    const mine = open.find((claim) => claim.claimId === claimId);
    return mine ? this.before(mine, open) : [];
  }

  /** The claim of a dead one may have come late. */
  private before(mine: SourceClaim, open: readonly SourceClaim[]): readonly SourceClaim[] {
    return open.filter(
      (claim) => !this.own.has(claim.claimId) && (claim.offset < mine.offset || this.dead.has(claim.owner)),
    );
  }

  private foreignReleases(name: string): readonly number[] {
    const { released } = this.of(name);
    return released.filter(({ claimId }) => !this.own.has(claimId)).map(({ offset }) => offset);
  }

  private of(name: string): SourceClaims {
    return this.claims.get(name) ?? NO_SOURCE_CLAIMS;
  }
}
