import { CheckedClock, ControlFollower, randomName } from '@penstock/control';
import { DirectoryFollower } from '@penstock/directory';
import type { HandBackCause } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { AnyConsumer, PenstockService } from '@penstock/ports';
import { AttemptIntake } from './commands/attempt-intake.ts';
import { DISPATCHER_GROUP } from './commands/offset-ledger.ts';
import { lastStart, type PendingAttempt } from './commands/pending-attempt.ts';
import { RememberedStarts } from './commands/remembered-starts.ts';
import { StartDeadlines } from './commands/start-deadlines.ts';
import { DamagedContent } from './content/damaged-content.ts';
import { Signatures } from './content/signatures.ts';
import { ControlWriter } from './control/control-writer.ts';
import type { DispatcherDeps } from './dispatcher-deps.ts';
import { atMost, Deadlines, STOP_BY } from './ending/deadlines.ts';
import { ExchangerWalk } from './exchangers/exchanger-walk.ts';
import { InFlight } from './outcomes/in-flight.ts';
import { OutcomeWriter } from './outcomes/outcome-writer.ts';
import { Settlement } from './outcomes/settlement.ts';
import { BindableSources, type SourcesView } from './ownership/bindable-sources.ts';
import { Heartbeats } from './ownership/heartbeats.ts';
import { OwnedSources } from './ownership/owned-sources.ts';
import { type Departure, Succession } from './ownership/succession.ts';
import { AttemptLimits } from './paths/attempt-limits.ts';
import type { Path } from './paths/path.ts';
import type { PathOffice } from './paths/path-office.ts';
import { Paths } from './paths/paths.ts';

/** How long the outcomes of a source that is given up may take. */
const OUTCOMES_MS = 10_000;
const NOBODY_BINDS = 'no dispatcher can bind its address';

/**
 * Its time is steady, like the scheduler's who says by when to start: a wall clock that is set forward would have
 * everything handed back unsent, one that is set back would lengthen every rest.
 */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  const time = new CheckedClock(deps);
  return new Dispatcher({ ...deps, clock: time.steady }, time);
}

export interface DispatcherFigures {
  /** Deliveries started whose outcome is not durable yet. */
  readonly inFlight: number;
  /** One entry for each path; no provider where the site is none's. */
  readonly connections: readonly {
    readonly source: string;
    readonly provider: string | undefined;
    readonly open: number;
  }[];
}

/** Owns the sources: what it reads on `mail.attempts` it starts, hands back, or hands back in doubt. */
export class Dispatcher implements PenstockService {
  readonly consumers: readonly AnyConsumer[];
  private readonly follower: ControlFollower;
  private readonly directory: DirectoryFollower;
  private readonly intake: AttemptIntake;
  private readonly paths: Paths;
  private readonly remembered = new RememberedStarts();
  private readonly inFlight = new InFlight(() => this.office.policy().dispatch.maxAttemptsInFlight);
  private readonly deadlines: StartDeadlines;
  private readonly limits: AttemptLimits;
  private readonly settlement: Settlement;
  private readonly outcomes: OutcomeWriter;
  private readonly control: ControlWriter;
  private readonly sources: OwnedSources;
  private readonly heartbeats: Heartbeats | undefined;
  private readonly bindable: BindableSources | undefined;
  private readonly office: PathOffice;
  /** Read before control was: they wait for a policy. */
  private early: PendingAttempt[] = [];
  /** The policy whose limits every path has looked at. */
  private resumedUnder: Policy | undefined;
  private stopping = false;

  constructor(
    private readonly deps: DispatcherDeps,
    private readonly time: CheckedClock,
  ) {
    const { log, clock, timers, telemetry, random, owner } = deps;
    const ports = { log, clock, timers, telemetry };
    this.follower = new ControlFollower(log, telemetry, random, DISPATCHER_GROUP);
    const writer = randomName(random);
    this.directory = new DirectoryFollower(log, telemetry, `dispatcher-${owner}`);
    this.control = new ControlWriter(ports, writer);
    this.settlement = new Settlement(clock, this.inFlight, this.remembered);
    this.outcomes = new OutcomeWriter(ports, (written) => this.settlement.durable(written));
    this.settlement.writeThrough(this.outcomes);
    this.paths = new Paths(
      () => this.office,
      (key) => this.follower.state.throttles.get(key),
    );
    if (!deps.holdsFolderLock) {
      this.heartbeats = new Heartbeats(ports, owner, writer, () => this.sources.checkHeartbeats());
    }
    const succession = this.succession();
    this.sources = this.ownSources(writer, succession);
    this.deadlines = new StartDeadlines(clock, timers, (late) => this.handBack(late, 'not_started'));
    this.limits = new AttemptLimits(clock, timers, () => this.policy());
    this.office = this.openOffice();
    this.intake = new AttemptIntake(ports, this.remembered, this.settlement, {
      assigned: (partition, controlEnd) => this.sources.assigned(partition, controlEnd),
      revoked: (partition) => this.giveUp(partition),
      take: (attempts) => this.take(attempts),
    });
    this.follower.onChange(() => this.controlChanged());
    this.directory.onChange(() => this.controlChanged());
    const attempts = { group: DISPATCHER_GROUP, topic: 'mail.attempts', handler: this.intake } as const;
    this.bindable = deps.reach && new BindableSources(ports, deps.reach, attempts, this.sourcesView(succession));
    const followed = [this.follower.consumer, this.directory.consumer];
    if (this.heartbeats) followed.push(this.heartbeats.consumer);
    this.consumers = this.bindable ? followed : [...followed, attempts];
  }

  /** Waits for a clock that can be believed: one that is behind would start commands whose time has passed. */
  start(): Promise<void> {
    return this.time.begin();
  }

  notReady(): string | undefined {
    return this.unread() ?? this.intake.notReady() ?? this.heartbeats?.notReady() ?? this.bindable?.notReady();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.deadlines.stop();
    const deadlines = new Deadlines(this.deps);
    await deadlines.by(STOP_BY.transactions, this.bindable?.stop() ?? Promise.resolve());
    const paths = this.paths.all;
    for (const path of paths) path.startNothing();
    for (const attempt of [...this.early.splice(0), ...this.sources.waiting()]) this.letGo(attempt);
    await deadlines.by(STOP_BY.transactions, this.inFlight.drained());
    await deadlines.by(STOP_BY.sockets, Promise.all(paths.map((path) => path.close())));
    await deadlines.by(STOP_BY.outcomes, this.sources.handedOver());
    // What was cut has an outcome too.
    await deadlines.by(STOP_BY.outcomes, this.inFlight.drained());
    await deadlines.by(STOP_BY.outcomes, this.outcomes.flushed());
    this.outcomes.abandon();
    await deadlines.by(STOP_BY.sources, this.sources.release());
    this.control.abandon();
    this.heartbeats?.stop();
    await deadlines.by(STOP_BY.positions, this.intake.flush());
  }

  /** Why nothing may start yet: it might be against the policy, or leave unsigned. */
  private unread(): string | undefined {
    return this.follower.notReady() ?? this.directory.notReady();
  }

  private openOffice(): PathOffice {
    const { clock, timers, telemetry, content, random, resolver, transport, signer } = this.deps;
    const service = this;
    return {
      clock,
      timers,
      telemetry,
      content,
      signatures: new Signatures(signer, this.directory),
      damaged: new DamagedContent(),
      settlement: this.settlement,
      inFlight: this.inFlight,
      control: this.control,
      sources: this.sources,
      limits: this.limits,
      walk: new ExchangerWalk({ clock, random, resolver, transport }),
      get stopping() {
        return service.stopping;
      },
      policy: () => this.policy(),
      forget: (path) => this.paths.forget(path),
    };
  }

  private ownSources(writer: string, succession: Succession | undefined): OwnedSources {
    const { clock, timers, telemetry, random, owner } = this.deps;
    const listener = {
      ready: (attempts: readonly PendingAttempt[]) => this.goOn(attempts),
      leave: (source: string, departure: Departure) => this.leave(source, departure),
    };
    const makeClaimId = succession ? () => randomName(random) : () => writer;
    return new OwnedSources({ clock, timers, telemetry }, this.control, owner, makeClaimId, listener, succession);
  }

  private succession(): Succession | undefined {
    const { log, telemetry, clock, owner, formerOwners } = this.deps;
    if (!this.heartbeats) return undefined;
    const doubt = (partition: number, end: number) => this.intake.doubt(partition, end);
    const now = () => clock.monotonic();
    return new Succession({ log, telemetry }, this.heartbeats, this.control, owner, now, doubt, formerOwners);
  }

  private sourcesView(succession: Succession | undefined): SourcesView {
    return {
      isOwned: (source) => succession === undefined || succession.isOwned(source),
      isAnnounced: (source) => this.follower.state.unreachable.has(source),
      announce: (source) => {
        this.deps.telemetry.log('error', 'source_unreachable', { source, detail: NOBODY_BINDS });
        void this.control.write('source_unreachable', { source, detail: NOBODY_BINDS });
      },
    };
  }

  /** Asked only by what exists once control was read. */
  private policy(): Policy {
    const { policy } = this.follower.state;
    if (!policy) throw new Error('mail.control holds no policy yet');
    return policy;
  }

  private controlChanged(): void {
    const { policy } = this.follower.state;
    if (!policy || this.unread() !== undefined || this.stopping) return;
    this.sources.follow(policy, this.follower.state.claims);
    this.bindable?.follow(policy);
    const { early } = this;
    this.early = [];
    if (early.length > 0) this.admit(early);
    // What else control says of a path, the path itself has written.
    if (policy === this.resumedUnder) return;
    this.resumedUnder = policy;
    for (const path of this.paths.all) path.resume();
  }

  private take(attempts: readonly PendingAttempt[]): void {
    const now = this.deps.clock.now();
    for (const attempt of attempts) {
      const { command } = attempt;
      // Until then by the scheduler's clock: where ours is far ahead of it, they would run in a circle without end.
      if (now > lastStart(command)) this.handBack(attempt, 'not_started', command.body.startBy);
      else this.deadlines.watch(attempt);
    }
    if (this.unread() === undefined) this.admit(attempts);
    else this.early.push(...attempts);
  }

  private admit(attempts: readonly PendingAttempt[]): void {
    const go = attempts.filter((attempt) => {
      if (attempt.stage !== 'queued') return false;
      const admitted = this.sources.admit(attempt);
      if (typeof admitted === 'object') this.handBack(attempt, 'not_started', admitted.until);
      return admitted === 'go';
    });
    this.queue(go);
  }

  /** These waited for their source; meanwhile a predecessor may have sent some of them. */
  private goOn(attempts: readonly PendingAttempt[]): void {
    for (const attempt of attempts) if (this.intake.isDoubtful(attempt)) this.settlement.handBack(attempt, 'in_doubt');
    this.queue(attempts.filter(({ stage }) => stage === 'queued'));
  }

  private queue(attempts: readonly PendingAttempt[]): void {
    const touched = new Set<Path>();
    for (const attempt of attempts) {
      if (this.stopping) this.settlement.handBack(attempt, 'shutdown');
      else {
        const path = this.paths.of(attempt);
        path.accept(attempt);
        touched.add(path);
      }
    }
    for (const path of touched) path.resume();
  }

  /** What is under way now, for those who watch. */
  figures(): DispatcherFigures {
    const connections = this.paths.all.map(({ identity, openConnections }) => ({
      source: identity.source,
      provider: identity.provider,
      open: openConnections,
    }));
    return { inFlight: this.inFlight.started, connections };
  }

  /** Of a source that may be another's yet, nobody knows whether the other has sent it. */
  private handBack(attempt: PendingAttempt, cause: HandBackCause, until?: number): void {
    const isCertain = this.sources.isCertain(attempt.command.body.source);
    this.settlement.handBack(attempt, isCertain ? cause : 'in_doubt', until);
  }

  /** What we could never have sent is its owner's to answer: it stays uncommitted, and may come to us again. */
  private letGo(attempt: PendingAttempt): void {
    if (this.sources.isCertain(attempt.command.body.source)) this.settlement.handBack(attempt, 'shutdown');
    else this.settlement.leave(attempt);
  }

  /** The partition is another's: what has not started goes back. */
  private giveUp(partition: number): void {
    const paths = this.paths.all;
    const given = this.sources.revoked(partition);
    for (const attempt of given.waiting) this.letGo(attempt);
    for (const path of paths) if (given.sources.has(path.identity.source)) path.handBackQueued();
  }

  private async leave(source: string, departure: Departure): Promise<void> {
    await this.paths.leave(source, departure);
    await atMost(this.deps.timers, OUTCOMES_MS, this.outcomes.written());
  }
}
