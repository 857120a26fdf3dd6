import { ControlFollower, randomName } from '@penstock/control';
import { DirectoryFollower } from '@penstock/directory';
import type { Policy } from '@penstock/policy';
import type { AnyConsumer, PenstockService } from '@penstock/ports';
import { SteadyClock } from '@penstock/scheduling';
import { AttemptIntake } from './commands/attempt-intake.ts';
import { DISPATCHER_GROUP } from './commands/offset-ledger.ts';
import { lastStart, type PendingAttempt } from './commands/pending-attempt.ts';
import { RememberedStarts } from './commands/remembered-starts.ts';
import { StartDeadlines } from './commands/start-deadlines.ts';
import { DamagedContent } from './content/damaged-content.ts';
import { Signatures } from './content/signatures.ts';
import { ControlWriter } from './control/control-writer.ts';
import { OwnedSources } from './control/owned-sources.ts';
import type { DispatcherDeps } from './dispatcher-deps.ts';
import { ExchangerWalk } from './exchangers/exchanger-walk.ts';
import { InFlight } from './outcomes/in-flight.ts';
import { OutcomeWriter } from './outcomes/outcome-writer.ts';
import { Settlement } from './outcomes/settlement.ts';
import { AttemptLimits } from './paths/attempt-limits.ts';
import { Path } from './paths/path.ts';
import type { PathOffice } from './paths/path-office.ts';

/** How long transactions under way, and then their outcomes, may take at the end. */
const STOP_MS = 10_000;

/**
 * Its time is steady, like the scheduler's who says by when to start: a wall clock that is set forward would have
 * everything handed back unsent, one that is set back would lengthen every rest.
 */
export function createDispatcher(deps: DispatcherDeps): Dispatcher {
  return new Dispatcher({ ...deps, clock: new SteadyClock(deps.clock) });
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
  private readonly paths = new Map<string, Path>();
  private readonly remembered = new RememberedStarts();
  private readonly inFlight = new InFlight(() => this.office.policy().dispatch.maxAttemptsInFlight);
  private readonly deadlines: StartDeadlines;
  private readonly limits: AttemptLimits;
  private readonly settlement: Settlement;
  private readonly outcomes: OutcomeWriter;
  private readonly control: ControlWriter;
  private readonly sources: OwnedSources;
  private readonly office: PathOffice;
  /** Read before control was: they wait for a policy. */
  private early: PendingAttempt[] = [];
  /** The policy whose limits every path has looked at. */
  private resumedUnder: Policy | undefined;
  private stopping = false;

  constructor(private readonly deps: DispatcherDeps) {
    const { log, clock, timers, telemetry, random, owner } = deps;
    this.follower = new ControlFollower(log, telemetry, random, DISPATCHER_GROUP);
    const claimId = randomName(random);
    this.directory = new DirectoryFollower(log, telemetry, `dispatcher-${owner}`);
    this.control = new ControlWriter({ log, clock, timers, telemetry }, claimId);
    this.settlement = new Settlement(clock, this.inFlight, this.remembered);
    this.outcomes = new OutcomeWriter({ log, timers, telemetry }, (written) => this.settlement.durable(written));
    this.settlement.writeThrough(this.outcomes);
    const ready = (attempts: readonly PendingAttempt[]) => this.queue(attempts);
    this.sources = new OwnedSources({ clock, timers, telemetry }, this.control, owner, claimId, { ready });
    this.deadlines = new StartDeadlines(clock, timers, (late) => this.settlement.handBack(late, 'not_started'));
    this.limits = new AttemptLimits(clock, timers, () => this.policy());
    this.office = this.openOffice();
    this.intake = new AttemptIntake({ log, clock, timers, telemetry }, this.remembered, this.settlement, {
      assigned: (partition) => this.sources.assigned(partition),
      revoked: (partition) => this.giveUp(partition),
      take: (attempts) => this.take(attempts),
    });
    this.follower.onChange(() => this.controlChanged());
    this.directory.onChange(() => this.controlChanged());
    this.consumers = [
      this.follower.consumer,
      this.directory.consumer,
      { group: DISPATCHER_GROUP, topic: 'mail.attempts', handler: this.intake },
    ];
  }

  async start(): Promise<void> {}

  notReady(): string | undefined {
    return this.unread() ?? this.intake.notReady();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.deadlines.stop();
    const paths = [...this.paths.values()];
    for (const path of paths) path.handBackQueued();
    for (const attempt of [...this.early.splice(0), ...this.sources.waiting()]) {
      this.settlement.handBack(attempt, 'shutdown');
    }
    await this.atMost(STOP_MS, this.inFlight.drained());
    await this.atMost(STOP_MS, Promise.all(paths.map((path) => path.close())));
    // What was cut has an outcome too.
    await this.atMost(STOP_MS, this.inFlight.drained());
    await this.atMost(STOP_MS, this.outcomes.flushed());
    this.outcomes.abandon();
    await this.atMost(STOP_MS, this.sources.release());
    this.control.abandon();
    await this.intake.flush();
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
      pacedSince: clock.monotonic(),
      get stopping() {
        return service.stopping;
      },
      policy: () => this.policy(),
      forget: (path) => {
        if (this.paths.get(path.identity.key) === path) this.paths.delete(path.identity.key);
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
    this.sources.follow(policy);
    const { early } = this;
    this.early = [];
    if (early.length > 0) this.admit(early);
    // What else control says of a path, the path itself has written.
    if (policy === this.resumedUnder) return;
    this.resumedUnder = policy;
    for (const path of this.paths.values()) path.resume();
  }

  private take(attempts: readonly PendingAttempt[]): void {
    const now = this.deps.clock.now();
    for (const attempt of attempts) {
      const { command } = attempt;
      // Until then by the scheduler's clock: where ours is far ahead of it, they would run in a circle without end.
      if (now > lastStart(command)) this.settlement.handBack(attempt, 'not_started', command.body.startBy);
      else this.deadlines.watch(attempt);
    }
    if (this.unread() === undefined) this.admit(attempts);
    else this.early.push(...attempts);
  }

  private admit(attempts: readonly PendingAttempt[]): void {
    const go = attempts.filter((attempt) => {
      if (attempt.stage !== 'queued') return false;
      const admitted = this.sources.admit(attempt);
      if (typeof admitted === 'object') this.settlement.handBack(attempt, 'not_started', admitted.until);
      return admitted === 'go';
    });
    this.queue(go);
  }

  private queue(attempts: readonly PendingAttempt[]): void {
    const touched = new Set<Path>();
    for (const attempt of attempts) {
      if (this.stopping) this.settlement.handBack(attempt, 'shutdown');
      else {
        const path = this.pathOf(attempt);
        path.accept(attempt);
        touched.add(path);
      }
    }
    for (const path of touched) path.resume();
  }

  /** What is under way now, for those who watch. */
  figures(): DispatcherFigures {
    const connections = [...this.paths.values()].map(({ identity, openConnections }) => ({
      source: identity.source,
      provider: identity.provider,
      open: openConnections,
    }));
    return { inFlight: this.inFlight.started, connections };
  }

  private pathOf({ command }: PendingAttempt): Path {
    const { path: key, source, site, provider } = command.body;
    let path = this.paths.get(key);
    if (!path) {
      path = new Path(this.office, { key, source, site, provider }, this.follower.state.throttles.get(key));
      this.paths.set(key, path);
    }
    return path;
  }

  /** The partition is another's: what has not started goes back. */
  private giveUp(partition: number): void {
    const given = this.sources.revoked(partition);
    for (const attempt of given.waiting) this.settlement.handBack(attempt, 'shutdown');
    for (const path of this.paths.values()) if (given.sources.has(path.identity.source)) path.handBackQueued();
  }

  private async atMost(limitMs: number, done: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.deps.timers.after(limitMs, resolve);
      const finish = (): void => {
        timer.cancel();
        resolve();
      };
      done.then(finish, finish);
    });
  }
}
