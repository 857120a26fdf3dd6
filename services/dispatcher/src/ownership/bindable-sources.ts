import type { Policy, SourcePolicy } from '@penstock/policy';
import type { AnyConsumer, EventLog, Membership, SourceReach, Telemetry, TimerHandle, Timers } from '@penstock/ports';

/** An address may come to this machine, or leave it, at any time. */
const LOOK_EVERY_MS = 30_000;
/** So many looks in a row without anybody who owns it before a source is announced as unreachable. */
const LOOKS_WITHOUT_OWNER = 2;

export interface SourcesView {
  /** Whether anybody who claims the source is heard. */
  isOwned(source: string): boolean;
  isAnnounced(source: string): boolean;
  announce(source: string): void;
}

type Attempts = Extract<AnyConsumer, { topic: 'mail.attempts' }>;

/** Takes part in reading the commands of those sources that this machine can bind, and anew when they change. */
export class BindableSources {
  private policy: Policy | undefined;
  private joined: { readonly partitions: readonly number[]; readonly membership: Membership } | undefined;
  private readonly ownerless = new Map<string, number>();
  private timer: TimerHandle | undefined;
  private looking: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly ports: { readonly log: EventLog; readonly timers: Timers; readonly telemetry: Telemetry },
    private readonly reach: SourceReach,
    private readonly consumer: Attempts,
    private readonly view: SourcesView,
  ) {}

  notReady(): string | undefined {
    return this.joined ? undefined : 'no source of the policy can be bound on this machine';
  }

  follow(policy: Policy): void {
    if (policy === this.policy) return;
    this.policy = policy;
    this.look();
  }

  /** Looks now, and from here on again and again. */
  look(): void {
    if (this.stopped) return;
    this.timer?.cancel();
    this.again = true;
    this.looking ??= this.lookAgain().finally(() => {
      this.looking = undefined;
      if (!this.stopped) this.timer = this.ports.timers.after(LOOK_EVERY_MS, () => this.look());
    });
  }

  /** Resolves when this process takes part no more. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.cancel();
    await this.looking;
    await this.leave();
  }

  private async lookAgain(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      try {
        await this.lookOnce(this.policy ? [...this.policy.sources.values()] : []);
      } catch (error) {
        this.ports.telemetry.log('error', 'sources_not_joined', { error: String(error) });
      }
    }
  }

  private async lookOnce(sources: readonly SourcePolicy[]): Promise<void> {
    const found = await Promise.all(sources.map(async (source) => ({ source, isOurs: await this.canBind(source) })));
    const partitions = found.filter(({ isOurs }) => isOurs).map(({ source }) => source.partition);
    for (const { source, isOurs } of found) this.announceOwnerless(source.name, isOurs);
    if (this.stopped || sameSet(partitions, this.joined?.partitions ?? [])) return;
    await this.leave();
    if (partitions.length === 0) return;
    this.ports.telemetry.log('info', 'sources_bindable', { partitions: partitions.join(',') });
    const membership = await this.ports.log.join({ ...this.consumer, partitions });
    this.joined = { partitions, membership };
  }

  private canBind({ bind }: SourcePolicy): Promise<boolean> {
    return bind === undefined ? Promise.resolve(true) : this.reach.canBind(bind);
  }

  /** Nobody else may be there to say it. */
  private announceOwnerless(source: string, isOurs: boolean): void {
    if (isOurs || this.view.isOwned(source) || this.view.isAnnounced(source)) {
      this.ownerless.delete(source);
      return;
    }
    const looks = (this.ownerless.get(source) ?? 0) + 1;
    this.ownerless.set(source, looks);
    if (looks < LOOKS_WITHOUT_OWNER) return;
    this.ownerless.delete(source);
    this.view.announce(source);
  }

  private async leave(): Promise<void> {
    const { joined } = this;
    this.joined = undefined;
    await joined?.membership.leave();
  }
}

function sameSet(some: readonly number[], others: readonly number[]): boolean {
  const known = new Set(others);
  return known.size === new Set(some).size && some.every((one) => known.has(one));
}
