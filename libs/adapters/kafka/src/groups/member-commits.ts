import type { Telemetry } from '@penstock/ports';
import type { ClusterAccess } from '../client/cluster-access.ts';
import { isAssignmentOver } from '../client/errors.ts';

/** The assignment that commits belong to. */
export interface Generation {
  readonly groupId: string;
  readonly topic: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly partitions: ReadonlySet<number>;
}

/**
 * Commits of one assignment, one request at a time, each with the newest position of every partition. They carry the
 * generation they were made under: a broker refuses them once the group has gone on without it.
 */
export class MemberCommits {
  private next = new Map<number, number>();
  private sending: Promise<void> | undefined;
  private queued: Promise<void> | undefined;
  private over = false;

  constructor(
    readonly generation: Generation,
    private readonly access: Pick<ClusterAccess, 'commit'>,
    private readonly telemetry: Telemetry,
  ) {}

  holds(partition: number): boolean {
    return !this.over && this.generation.partitions.has(partition);
  }

  commit(partition: number, offset: number): Promise<void> {
    if (!this.holds(partition)) return Promise.resolve();
    this.next.set(partition, offset);
    this.queued ??= (this.sending ?? Promise.resolve()).then(() => this.send());
    return this.queued;
  }

  /** The assignment is over: what was asked for before goes out, nothing after it. */
  async end(): Promise<void> {
    await (this.queued ?? this.sending);
    this.over = true;
  }

  /** The member has lost its connection to the group: nothing goes out any more. */
  abandon(): void {
    this.over = true;
  }

  private send(): Promise<void> {
    const offsets = this.next;
    this.next = new Map();
    this.queued = undefined;
    this.sending = this.sendNow(offsets);
    return this.sending;
  }

  /** Never rejects: a position that was not remembered costs a repeat, and is no reason to stop a partition. */
  private async sendNow(offsets: ReadonlyMap<number, number>): Promise<void> {
    if (this.over) return;
    try {
      await this.access.commit({ ...this.generation, offsets }, () => !this.over);
    } catch (error) {
      const { groupId, generationId } = this.generation;
      const isOver = this.over || isAssignmentOver(error);
      this.over ||= isOver;
      const event = isOver ? 'kafka_commit_after_revocation' : 'kafka_commit_failed';
      const told = { group: groupId, generation: generationId, error: String(error) };
      this.telemetry.log(isOver ? 'info' : 'warn', event, told);
    }
  }
}
