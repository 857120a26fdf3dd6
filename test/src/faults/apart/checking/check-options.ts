import type { FaultName, ReceiverLimit } from '../history.ts';

/** What a checker has to know of the run besides its history. */
export interface CheckOptions {
  readonly limits: readonly ReceiverLimit[];
  /** From when mail is due to its arrival where nothing was disturbed, ms at most; a lane's wait for its pace included. */
  readonly drainMs: number;
  /** How long a new owner of a source waits for the one before, ms. */
  readonly takeoverWaitMs: number;
  /** Longest wait of the policy after a remote deferral, and of a suspended path, ms; jitter included. */
  readonly retryMs: number;
  /** The policy's wait after an outcome that nobody knows, ms; jitter included. */
  readonly unknownRetryMs: number;
  /** After which a consumer group gives a silent member's partitions to another, ms. */
  readonly sessionMs?: number;
  /** How long what piled up in 1 ms of standing still takes to drain, ms at most: load ÷ (limit − load). */
  readonly catchUp?: number;
  /** How much the services' clocks may differ from the run's where no fault moves them, ms. */
  readonly skewMs?: number;
  /** Of its limit, what the fullest window must hold for limits to be tried: 0 to 1. What nothing comes near, anybody keeps. */
  readonly leastFilled?: number;
  /** How often each fault must have happened for the run to prove anything. */
  readonly leastOfEach?: Readonly<Partial<Record<FaultName, number>>>;
}

export type Allowances = Required<CheckOptions>;

/** As the Kafka adapter sets it; that everybody joins anew after it lies within `drainMs`. */
const SESSION_MS = 30_000;
const CATCH_UP = 1;
const SKEW_MS = 50;

export function allowances(options: CheckOptions): Allowances {
  return { sessionMs: SESSION_MS, catchUp: CATCH_UP, skewMs: SKEW_MS, leastFilled: 0, leastOfEach: {}, ...options };
}
