/** The scheduler without its shell: who owns which partition, and what wakes them. */
import { CheckedClock, ControlFollower } from '@penstock/control';
import type { AnyConsumer, PartitionHandler, PenstockService, StoredRecord } from '@penstock/ports';
import type { PartitionState, SteadyClock } from '@penstock/scheduling';
import { CheckpointStore } from './checkpoints/checkpoint-store.ts';
import { Checkpoints } from './checkpoints/checkpoints.ts';
import { Copying } from './checkpoints/copying.ts';
import type { SchedulerDeps } from './deps.ts';
import { Claimant } from './partitions/claimant.ts';
import { type PartitionDeps, PartitionScheduler } from './partitions/partition-scheduler.ts';
import { ToldPositions } from './positions/told-positions.ts';
import { CautiousQuotaStore } from './quotas/cautious-quota-store.ts';
import type { PartitionShare } from './quotas/share-of-budgets.ts';
import { SiteResolver } from './sites/site-resolver.ts';
import { WarmupController } from './warm-up/warmup-controller.ts';

type Events = 'mail.events';

export class Scheduler implements PenstockService, PartitionHandler<Events> {
  readonly consumers: readonly AnyConsumer[];
  private readonly control: ControlFollower;
  private readonly sites: SiteResolver;
  private readonly time: CheckedClock;
  private readonly steady: SteadyClock;
  private readonly quotas: CautiousQuotaStore;
  private readonly partitions = new Map<number, PartitionScheduler>();
  private readonly told: ToldPositions;
  private readonly warmups: WarmupController;
  private failure: string | undefined;

  constructor(private readonly deps: SchedulerDeps) {
    const { log, telemetry, random, clock } = deps;
    this.control = new ControlFollower(log, telemetry, random, 'scheduler');
    this.time = new CheckedClock(deps);
    this.steady = this.time.steady;
    this.quotas = new CautiousQuotaStore({ store: deps.quotas, clock, telemetry, share: () => this.share() });
    this.sites = new SiteResolver({
      ...deps,
      policy: () => this.control.state.policy,
      changed: () => this.wakeAll(),
    });
    this.told = new ToldPositions({ ...deps, positions: () => this.positions() });
    this.control.onChange(() => this.wakeAll());
    deps.room?.onChange(() => this.wakeAll());
    deps.suppressions?.onChange(() => this.wakeAll());
    this.warmups = new WarmupController({
      ...deps,
      nowMs: () => this.steady.now(),
      control: () => this.control.state,
      notReady: () => this.control.notReady(),
    });
    const events = { group: 'scheduler', topic: 'mail.events', handler: this } as const;
    this.consumers = [this.control.consumer, this.warmups.consumer, events];
  }

  /** Waits for a clock that can be believed: one that is behind would hold everything. */
  async start(): Promise<void> {
    await this.time.begin();
    this.warmups.start();
  }

  async stop(): Promise<void> {
    this.sites.close();
    await this.warmups.stop();
    const left = [...this.partitions.keys()];
    await Promise.all(left.map((partition) => this.revoked(partition)));
    await this.told.close();
  }

  notReady(): string | undefined {
    const reason = this.failure ?? this.control.notReady() ?? this.deps.suppressions?.notReady();
    if (reason !== undefined) return reason;
    for (const partition of this.partitions.values()) {
      const missing = partition.notReady();
      if (missing !== undefined) return missing;
    }
    return undefined;
  }

  /** The next offset to fold, by partition. */
  positions(): ReadonlyMap<number, number> {
    return new Map([...this.partitions].map(([partition, { position }]) => [partition, position]));
  }

  /** The partitions this process owns, of all there are. */
  share(): PartitionShare {
    return { owned: this.partitions.size, all: this.deps.log.partitionCount('mail.events') };
  }

  async assigned(partition: number): Promise<number> {
    const { log, clock, telemetry } = this.deps;
    const keyed = await this.deps.state.open(`scheduler-${partition}`);
    const store = new CheckpointStore(keyed, partition, log.partitionCount('mail.events'));
    const copying = new Copying(this.deps, store, partition);
    const state = await this.load(store, copying, partition);
    const claimant = new Claimant({ ...this.deps, nowMs: () => this.steady.now() }, partition);
    const checkpoints = new Checkpoints(store, state, clock, telemetry, copying);
    const scheduler = new PartitionScheduler(this.partitionDeps(), state, claimant, checkpoints);
    this.partitions.set(partition, scheduler);
    scheduler.start();
    return state.position;
  }

  async batch(partition: number, records: readonly StoredRecord<Events>[]): Promise<void> {
    this.partitions.get(partition)?.fold(records);
    this.told.changed();
  }

  async revoked(partition: number): Promise<void> {
    const scheduler = this.partitions.get(partition);
    this.partitions.delete(partition);
    if (!scheduler) return;
    await scheduler.close();
    await this.told.left(partition, scheduler.position);
  }

  failed(partition: number, error: unknown): void {
    this.failure = `partition ${partition} of mail.events stopped`;
    this.deps.telemetry.log('error', 'partition_stopped', { partition, error: String(error) });
    this.partitions.get(partition)?.abandon();
    this.partitions.delete(partition);
  }

  /** The last checkpoint, or a copy of one, or an empty fold from the begin of the log. */
  private async load(store: CheckpointStore, copying: Copying, partition: number): Promise<PartitionState> {
    const { begin, end } = await this.deps.log.bounds('mail.events', partition);
    await copying.start(begin, end);
    const state = await store.load();
    if (!state) return store.empty(begin);
    const isWithin = state.position >= begin && state.position <= end;
    if (isWithin && (await this.isOfThisLog(state, begin))) return state;
    // Of another log, or put back from a copy, or the log is: the rows tell of other records, and the log tells everything again.
    this.deps.telemetry.log('warn', 'checkpoint_discarded', { partition, position: state.position, begin, end });
    await store.discard();
    return store.empty(begin);
  }

  /**
   * Whether the last claim it has folded stands where it says. A log that was made anew under a state that was kept, or
   * a copy that another cluster left in the same place, would hide mail and send what is not ours.
   */
  private async isOfThisLog({ partition, claim }: PartitionState, begin: number): Promise<boolean> {
    const { epoch, claimIds } = claim;
    // Too old to be told.
    if (epoch === undefined || epoch < begin) return true;
    const [stored] = await this.deps.log.read('mail.events', partition, epoch, 1);
    if (stored?.offset !== epoch || stored.record.type !== 'partition_claimed') return false;
    return stored.record.body.claimId === claimIds.at(-1);
  }

  private partitionDeps(): PartitionDeps {
    return {
      ...this.deps,
      nowMs: () => this.steady.now(),
      control: () => this.control.state,
      // Only what is in flight may still be recorded on a full disk: nothing more is sent.
      notReady: () => this.control.notReady() ?? this.deps.suppressions?.notReady() ?? this.deps.room?.exhausted(),
      sites: this.sites,
      suppressions: this.deps.suppressions,
      quotas: this.quotas,
      observe: (source, record) => this.warmups.observe(source, record),
    };
  }

  private wakeAll(): void {
    for (const partition of this.partitions.values()) partition.wake();
  }
}

export function createScheduler(deps: SchedulerDeps): Scheduler {
  return new Scheduler(deps);
}
