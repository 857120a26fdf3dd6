import type { ApiKeyring } from '@penstock/access';
import { ControlFollower } from '@penstock/control';
import type { Policy } from '@penstock/policy';
import type {
  AnyConsumer,
  Clock,
  ContentStore,
  EventLog,
  PenstockService,
  Random,
  Telemetry,
  Timers,
} from '@penstock/ports';
import { Acceptance } from './acceptance/acceptance.ts';
import { Admission } from './acceptance/admission.ts';
import { Expansion } from './expansion/expansion.ts';
import { MailSend } from './mail-send/mail-send.ts';
import { Submission } from './submission/submission.ts';
import { type SubmissionPorts, SubmissionServer, type SubmissionSettings } from './submission/submission-server.ts';

export interface IngestDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly keys: ApiKeyring;
  /** Key of the recipient hashes: the same in every process and for ever. */
  readonly recipientKey: Uint8Array;
  /** Where SMTP submission listens; it does not where this is absent. */
  readonly submission?: SubmissionSettings;
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
  private readonly control: ControlFollower;
  private readonly acceptance: Acceptance;
  private readonly expansion: Expansion;
  private readonly server: SubmissionServer | undefined;
  private bound: SubmissionPorts | undefined;

  constructor(deps: IngestDeps) {
    this.control = new ControlFollower(deps.log, deps.telemetry, deps.random, 'ingest');
    this.expansion = new Expansion(deps);
    this.acceptance = new Acceptance(deps);
    this.admission = new Admission(deps.maxBytesInMemory ?? MAX_BYTES_IN_MEMORY);
    this.keys = deps.keys;
    this.consumers = [this.control.consumer, this.expansion.consumer];
    const { keys, clock, random, telemetry } = deps;
    const doors = { acceptance: this.acceptance, keys, clock, random, telemetry, policy: () => this.policy() };
    this.mailSend = new MailSend(doors);
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

  /** Rejects if a submission port cannot be bound. */
  async start(): Promise<void> {
    this.bound = await this.server?.listen();
  }

  /** Nothing new is taken; what was begun is answered. */
  async stop(): Promise<void> {
    await this.server?.close();
    await this.acceptance.close();
  }

  notReady(): string | undefined {
    return this.control.notReady() ?? this.expansion.notReady();
  }

  private policy(): Policy | undefined {
    return this.control.notReady() === undefined ? this.control.state.policy : undefined;
  }
}

function submissionServer(
  doors: ConstructorParameters<typeof Submission>[0],
  settings: SubmissionSettings,
  admission: Admission,
): SubmissionServer {
  const submission = new Submission(doors, settings.hostname);
  return new SubmissionServer(submission, admission, settings);
}

export function createIngest(deps: IngestDeps): Ingest {
  return new Ingest(deps);
}
