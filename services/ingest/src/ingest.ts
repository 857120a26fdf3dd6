import type { ApiKeyring } from '@penstock/access';
import { CheckedClock, ControlFollower } from '@penstock/control';
import type { DirectoryFollower, Suppressions } from '@penstock/directory';
import type { Policy } from '@penstock/policy';
import type {
  AnyConsumer,
  Clock,
  ContentStore,
  EventLog,
  PenstockService,
  Random,
  StateStore,
  StorageRoom,
  Telemetry,
  Timers,
} from '@penstock/ports';
import { deriveKey } from '@penstock/sealing';
import { Acceptance } from './acceptance/acceptance.ts';
import { Admission } from './acceptance/admission.ts';
import { Administration, type AdministrationSettings } from './administration/administration.ts';
import { Expansion } from './expansion/expansion.ts';
import { KeyedAcceptance } from './idempotency/keyed-acceptance.ts';
import { KeyedSubmissions } from './idempotency/keyed-submissions.ts';
import { SchedulerLag, type SchedulerLagSettings } from './lag/scheduler-lag.ts';
import { MailSend } from './mail-send/mail-send.ts';
import { senderRules } from './senders/sender-rules.ts';
import { Submission, type SubmissionDeps } from './submission/submission.ts';
import { type SubmissionPorts, SubmissionServer, type SubmissionSettings } from './submission/submission-server.ts';
import { SuppressionLists } from './suppressions/suppression-lists.ts';
import { SourceWarmups } from './warm-up/source-warmups.ts';

export interface IngestDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  /** Keeps which `Idempotency-Key` stands for which submission. */
  readonly state: StateStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Whether the clock is held against the log before anything starts; it is unless this is false. */
  readonly clockCheck?: boolean | undefined;
  readonly keys: ApiKeyring;
  /** Joined to the log by this service; the keyring looks keys up in it. */
  readonly directory: DirectoryFollower;
  /** Whom the tenants send nothing any more; joined to the log by this service. */
  readonly suppressions: Suppressions;
  /** What is sealed and signed derives from it: the same in every process and for ever. */
  readonly secretKey: Uint8Array;
  /** Key of the recipient hashes: the same in every process and for ever. */
  readonly recipientKey: Uint8Array;
  /** Where SMTP submission listens; it does not where this is absent. */
  readonly submission?: SubmissionSettings;
  /** The admin API; there is none where this is absent. */
  readonly administration?: AdministrationSettings;
  /** Asked before mail is taken; without it there is always room. */
  readonly room?: StorageRoom;
  /** How far the scheduler is; bulk mail is taken however far it is behind where this is absent. */
  readonly schedulerLag?: SchedulerLagSettings;
  /** Share of messages that are traced, 0 to 1; none if absent, but those whose caller traces them. */
  readonly traceRatio?: number | undefined;
  /** Bytes of mail held in memory at once, over all requests and connections; 256 MB if absent. */
  readonly maxBytesInMemory?: number;
}

const MAX_BYTES_IN_MEMORY = 256_000_000;

/** Accepts mail, answers when it is durable, and expands it into deliveries. */
export class Ingest implements PenstockService {
  readonly consumers: readonly AnyConsumer[];
  readonly mailSend: MailSend;
  readonly keys: ApiKeyring;
  readonly admission: Admission;
  readonly administration: Administration | undefined;
  readonly suppressionLists: SuppressionLists;
  readonly warmups: SourceWarmups;
  readonly lag: SchedulerLag | undefined;
  private readonly control: ControlFollower;
  private readonly time: CheckedClock;
  private readonly directory: DirectoryFollower;
  private readonly suppressions: Suppressions;
  private readonly acceptance: Acceptance;
  private readonly keyed: KeyedSubmissions;
  private readonly expansion: Expansion;
  private readonly server: SubmissionServer | undefined;
  private bound: SubmissionPorts | undefined;

  constructor(deps: IngestDeps) {
    this.control = new ControlFollower(deps.log, deps.telemetry, deps.random, 'ingest');
    // A wall clock that is set must not make new mail expire at once, nor hold it.
    this.time = new CheckedClock(deps);
    const clock = this.time.steady;
    this.keyed = new KeyedSubmissions({ ...deps, clock });
    this.expansion = new Expansion({ ...deps, clock, keyed: this.keyed });
    this.directory = deps.directory;
    this.suppressions = deps.suppressions;
    this.suppressionLists = new SuppressionLists(deps);
    this.warmups = new SourceWarmups({ ...deps, clock, control: () => this.control.state });
    this.acceptance = new Acceptance({ ...deps, returnPathKey: deriveKey(deps.secretKey, 'return-path-tokens') });
    this.lag = deps.schedulerLag && new SchedulerLag(deps, deps.schedulerLag);
    this.admission = new Admission(deps.maxBytesInMemory ?? MAX_BYTES_IN_MEMORY, deps.room, this.lag);
    this.keys = deps.keys;
    const { control, directory, suppressions, keyed, expansion } = this;
    this.consumers = [control, directory, suppressions, keyed, expansion].map(({ consumer }) => consumer);
    const { keys, clock: wallClock, timers, random, telemetry } = deps;
    const keyedAcceptance = new KeyedAcceptance(this.acceptance, this.keyed);
    const time = { clock, wallClock, timers };
    const senders = senderRules(deps.directory, () => this.control.state.policy?.egress === 'sandbox');
    const policy = () => this.policy();
    const doors = { acceptance: this.acceptance, keys, senders, ...time, random, telemetry, policy };
    this.mailSend = new MailSend({ ...doors, keyedAcceptance });
    const administers = { ...deps, policy: () => this.control.state.policy };
    this.administration = deps.administration && new Administration(administers, deps.administration);
    this.server = deps.submission && submissionServer(doors, deps.submission, this.admission);
  }

  /** Port of SMTP submission once started. */
  get submissionPort(): number | undefined {
    return this.bound?.port;
  }

  /** Port of SMTP submission over implicit TLS once started, if there is one. */
  get implicitTlsPort(): number | undefined {
    return this.bound?.implicitTlsPort;
  }

  /** Waits for a clock that can be believed. Rejects if a submission port cannot be bound. */
  async start(): Promise<void> {
    await this.time.begin();
    await this.keyed.start();
    this.bound = await this.server?.listen();
    // Last, since they go on until they are stopped: a process that could not bind its port must end.
    this.time.followLog();
    this.lag?.start();
  }

  /** Nothing new is taken; what was begun is answered. */
  async stop(): Promise<void> {
    this.time.stop();
    this.lag?.stop();
    await this.server?.close();
    this.keyed.stop();
    this.expansion.stop();
    await this.acceptance.close();
    await this.administration?.close();
  }

  notReady(): string | undefined {
    return this.doorsNotReady() ?? this.keyed.notReady() ?? this.expansion.notReady();
  }

  private policy(): Policy | undefined {
    return this.doorsNotReady() === undefined ? this.control.state.policy : undefined;
  }

  /** What must be known before mail is taken. */
  private doorsNotReady(): string | undefined {
    return this.control.notReady() ?? this.directory.notReady() ?? this.suppressions.notReady();
  }
}

function submissionServer(
  doors: Omit<SubmissionDeps, 'admission'>,
  settings: SubmissionSettings,
  admission: Admission,
): SubmissionServer {
  const submission = new Submission({ ...doors, admission }, settings.hostname);
  return new SubmissionServer(submission, admission, settings);
}

export function createIngest(deps: IngestDeps): Ingest {
  return new Ingest(deps);
}
