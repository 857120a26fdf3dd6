import { ControlFollower } from '@penstock/control';
import {
  type AnyConsumer,
  type Archive,
  type Clock,
  type EventLog,
  NO_TRACING,
  type PenstockService,
  type Random,
  type ReadModels,
  type Telemetry,
  type Timers,
  type Tracing,
} from '@penstock/ports';
import { REPUTATION_RULES, type ReputationRules } from '@penstock/reputation';
import { ArchiveSink } from './archive/archive-sink.ts';
import { PartitionClaims } from './archive/partition-claims.ts';
import { FactTally } from './counters/fact-tally.ts';
import { DeferralQuery } from './deferrals/deferral-query.ts';
import { ReadModel } from './deliveries/read-model.ts';
import { ReadModelSink } from './deliveries/read-model-sink.ts';
import { EventExport } from './export/event-export.ts';
import type { EventStreams } from './export/event-streams.ts';
import { FactReader } from './facts/fact-reader.ts';
import { FiguresQuery } from './queries/figures-query.ts';
import { Freshness } from './queries/freshness.ts';
import { LaneQuery } from './queries/lane-query.ts';
import { MessageQuery } from './queries/message-query.ts';
import { RateQuery } from './queries/rate-query.ts';
import { TimelineQuery } from './queries/timeline-query.ts';
import { LiveReadModel } from './rebuild/live-read-model.ts';
import { Rebuilds } from './rebuild/rebuilds.ts';
import { DueReputations } from './reputation/due-reputations.ts';
import { OutcomeBook } from './reputation/outcome-book.ts';
import { ReputationPublisher } from './reputation/reputation-publisher.ts';
import { ReputationQuery } from './reputation/reputation-query.ts';
import { tracedConsumer } from './tracing/live-spans.ts';
import { WhyQuery } from './why/why-query.ts';

export interface ProjectorDeps {
  readonly log: EventLog;
  readonly readModels: ReadModels;
  readonly archive: Archive;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Whether facts that cannot be read go to `mail.dead`; for a log that takes appends. Noted they are in any case. */
  readonly setsAside?: boolean;
  /** Whether news of reputations goes to `mail.control`; for a log that takes appends. */
  readonly publishes?: boolean;
  readonly reputationRules?: ReputationRules;
  /** Where the spans of sampled deliveries go; none are made where this is absent. */
  readonly tracing?: Tracing;
}

/** What people may ask. */
export interface ProjectorQueries {
  readonly timelines: Pick<TimelineQuery, 'timeline'>;
  readonly messages: Pick<MessageQuery, 'message'>;
  readonly whys: Pick<WhyQuery, 'why'>;
  readonly lanes: Pick<LaneQuery, 'lanes'>;
  readonly rates: Pick<RateQuery, 'providers' | 'sources'>;
  readonly figures: Pick<FiguresQuery, 'figures'>;
  readonly deferrals: Pick<DeferralQuery, 'deferrals'>;
  readonly reputations: Pick<ReputationQuery, 'reputations'>;
  /** For whoever publishes them. */
  readonly dueReputations: Pick<DueReputations, 'due'>;
}

/** What of a projector is asked over HTTP, wherever it runs: every answer is a promise. */
export interface AskedProjector extends PenstockService {
  readonly queries: ProjectorQueries;
  readonly rebuilds: Pick<Rebuilds, 'begin' | 'view' | 'list' | 'cancel'>;
  readonly events: EventStreams;
}

/** Name of the read model in its store; a rebuild beside it takes another. */
const MODEL = 'projector';

/** Folds facts into counters and lanes, archives them, and answers what people ask. */
export class Projector implements AskedProjector {
  readonly consumers: readonly AnyConsumer[];
  readonly queries: ProjectorQueries;
  /** Records of the log as people and programs want them. */
  readonly events: EventExport;
  /** Read models rebuilt beside themselves. Reactors are no read models: a rebuild never runs them. */
  readonly rebuilds: Rebuilds;
  private readonly model: ReadModel;
  private readonly models: FactReader;
  private readonly readers: readonly FactReader[];
  private readonly control: ControlFollower;
  private readonly archived: ArchiveSink;
  private readonly publisher: ReputationPublisher | undefined;

  constructor(deps: ProjectorDeps) {
    const { log, archive, clock, telemetry } = deps;
    this.model = new ReadModel(deps.readModels, MODEL);
    this.control = new ControlFollower(log, telemetry, deps.random, 'projector');
    const { tracing = NO_TRACING } = deps;
    const tally = new FactTally(tracing.on);
    const sink = new ReadModelSink(this.model, clock, telemetry);
    sink.tallyIn(tally);
    this.models = new FactReader(deps, 'projector', sink);
    this.archived = new ArchiveSink(archive, deps);
    const archived = new FactReader(deps, 'archive', this.archived);
    this.readers = [this.models, archived];
    this.events = new EventExport(deps);
    this.rebuilds = new Rebuilds(deps, [new LiveReadModel(deps, this.model, this.models, tally)]);
    const models = tracing.on ? tracedConsumer(this.models.consumer, { tracing, clock }) : this.models.consumer;
    // An archive that is away holds up neither the read models nor the query API.
    this.consumers = [models, { ...archived.consumer, late: true }, this.control.consumer];
    const claims = new PartitionClaims(archive);
    const freshness = new Freshness(deps, archived);
    const control = () => this.control.state;
    const partitionCount = () => log.partitionCount('mail.events');
    const book = new OutcomeBook(this.model, clock, deps.reputationRules ?? REPUTATION_RULES);
    const timelines = new TimelineQuery(archive, claims, freshness, partitionCount);
    const lanes = new LaneQuery(this.model, control, clock);
    this.queries = {
      timelines,
      whys: new WhyQuery(timelines, lanes, control, clock),
      messages: new MessageQuery(archive, claims, freshness, partitionCount),
      lanes,
      rates: new RateQuery(this.model, control, clock),
      figures: new FiguresQuery(this.model, tally, this.readers, tracing, control),
      deferrals: new DeferralQuery(this.model, clock),
      reputations: new ReputationQuery(book, control, clock),
      dueReputations: new DueReputations({
        log,
        clock,
        model: this.model,
        book,
        control: () => (this.control.notReady() === undefined ? this.control.state : undefined),
        partitions: () => this.models.partitions(),
      }),
    };
    const due = () => this.queries.dueReputations.due();
    this.publisher = deps.publishes ? new ReputationPublisher({ ...deps, due }) : undefined;
  }

  async start(): Promise<void> {
    await this.model.open();
    await this.publisher?.start();
  }

  /** Ends answers that go on for as long as the log does, and waits for nothing that is away. */
  async ending(): Promise<void> {
    this.archived.end();
    await this.events.end();
  }

  /** What was read is stored when its partition is given up; this is for the rest. A failed write has been told of. */
  async stop(): Promise<void> {
    this.archived.end();
    await this.rebuilds.stop();
    await this.publisher?.stop();
    await Promise.allSettled(this.readers.map((reader) => reader.flush()));
  }

  /** Undefined once everything that stood in the log at the start is stored. */
  notReady(): string | undefined {
    for (const reader of this.readers) {
      const reason = reader.notReady();
      if (reason !== undefined) return reason;
    }
    return this.control.notReady();
  }

  /** Resolves when everything read so far is stored and can be asked for. */
  async flush(): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.flush()));
  }

  /** Resolves when the read models hold everything of the partition of `mail.events` before `offset`. */
  modelsReached(partition: number, offset: number): Promise<void> {
    return this.models.stored.wait(partition, offset);
  }

  /** Resolves when read models and archive hold everything of the partition of `mail.events` before `offset`. */
  async reached(partition: number, offset: number): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader.stored.wait(partition, offset)));
  }
}

export function createProjector(deps: ProjectorDeps): Projector {
  return new Projector(deps);
}
