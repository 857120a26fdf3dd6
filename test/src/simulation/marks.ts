/** What happened, counted: so that a simulation that has become too kind is noticed. */
import { type ClaimState, type Fact, foldClaim, type LogRecord, NO_CLAIM } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';
import type { SimulatedCluster } from '@penstock/simulation';
import { isFollowedInPlace } from './source-owners.ts';

export class Marks {
  readonly counts = new Map<string, number>();
  private readonly claims = new Map<number, ClaimState>();
  private readonly claimants = new Map<number, string>();
  private readonly commands = new Set<string>();

  count(mark: string): void {
    this.counts.set(mark, (this.counts.get(mark) ?? 0) + 1);
  }

  watch(cluster: SimulatedCluster): void {
    cluster.onTold((event) => this.count(`told ${event}`));
    cluster.log.onAppend((topic, partition, records) => {
      for (const { offset, record } of records) {
        this.count(kindOf(record));
        // Each topic holds its own records only.
        if (topic === 'mail.events') this.fact(partition, { offset, record: record as Fact });
        if (topic === 'mail.attempts') this.command(record.id);
        if (topic === 'mail.control') this.control(record);
      }
    });
  }

  private fact(partition: number, { offset, record }: StoredRecord<'mail.events'>): void {
    const before = this.claims.get(partition) ?? NO_CLAIM;
    const claim = foldClaim(before, record, offset);
    this.claims.set(partition, claim);
    if (record.epoch !== undefined && record.epoch !== claim.epoch) this.count(VOID);
    if (record.type !== 'partition_claimed' || claim.epoch === before.epoch) return;
    const [claimant = ''] = record.body.owner.split('#');
    if (this.claimants.has(partition) && this.claimants.get(partition) !== claimant) this.count(PARTITION_MOVED);
    this.claimants.set(partition, claimant);
  }

  private command(id: string): void {
    if (this.commands.has(id)) this.count(COMMAND_AGAIN);
    this.commands.add(id);
  }

  private control(record: LogRecord): void {
    if (record.type !== 'source_released') return;
    const { owner, releasedBy } = record.body;
    if (releasedBy === undefined) this.count(SOURCE_RELEASED);
    else this.count(isFollowedInPlace(owner, releasedBy) ? SOURCE_TAKEN_IN_PLACE : SOURCE_TAKEN);
  }
}

const VOID = 'a record void by its epoch';
const PARTITION_MOVED = 'a partition claimed on another host';
const COMMAND_AGAIN = 'a command sent again';
const SOURCE_RELEASED = 'a source released by its owner';
const SOURCE_TAKEN = 'a source taken over after 60 s of silence';
const SOURCE_TAKEN_IN_PLACE = 'a source taken over by the process that follows its owner in place';

export function kindOf({ type, body }: LogRecord): string {
  return 'cause' in body ? `${type} ${body.cause}` : type;
}

/** What must have happened under some seed, or the simulation is too kind. */
export const SOMETIMES: readonly string[] = [
  'apart',
  'one process',
  'delivered',
  'bounced',
  'dropped expired',
  'dropped outcome_unknown',
  'dropped suppressed',
  'deferred held',
  'deferred remote',
  'outcome_unknown connection_lost',
  'outcome_unknown no_outcome',
  'handed_back in_doubt',
  'handed_back not_started',
  'handed_back path_suspended',
  'handed_back shutdown',
  'path_throttled',
  'path_restored',
  'reputation_changed',
  VOID,
  PARTITION_MOVED,
  COMMAND_AGAIN,
  SOURCE_RELEASED,
  SOURCE_TAKEN,
  SOURCE_TAKEN_IN_PLACE,
  'told partition_claimed_by_another',
  'told source_claimed_by_another',
  'told source_heartbeat_stale',
  'told state_copied',
  'told state_copy_restored',
  'told state_copy_not_restored',
];
