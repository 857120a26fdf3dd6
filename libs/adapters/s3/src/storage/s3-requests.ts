/** One request to S3, again where it may help, and what its failure means. */
import type { Clock, Random, Telemetry, Timers } from '@penstock/ports';
import { StorageUnavailableError } from './object-storage.ts';

export interface RetryDeps {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
}

export interface RetryBounds {
  readonly attempts: number;
  /** Before the second attempt; doubles, ms. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** No attempt begins later than this after the first, ms. */
  readonly withinMs: number;
}

/** About six seconds of waiting for a server that answers, twenty and one request for one that does not. */
export const SHIPPED_RETRIES: RetryBounds = {
  attempts: 7,
  firstWaitMs: 100,
  longestWaitMs: 2_000,
  withinMs: 20_000,
};

/** What an S3 error says, without its request and its signature. */
export interface S3Failure {
  /** `NoSuchKey`, `SlowDown`, `ECONNRESET`. */
  readonly code: string;
  /** Undefined where there was no answer. */
  readonly status: number | undefined;
}

/** A body that ended before its end. */
export class CutBodyError extends Error {
  override readonly name = 'CutBodyError';
}

export function s3Failure(error: unknown): S3Failure {
  const { name, code, $metadata } = error as {
    name?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return { code: typeof code === 'string' ? code : (name ?? 'Error'), status: $metadata?.httpStatusCode };
}

/** A failure that is an answer of its own, as `NoSuchKey` is. */
export class S3AnswerError extends Error {
  override readonly name = 'S3AnswerError';

  constructor(
    operation: string,
    readonly failure: S3Failure,
  ) {
    super(`${operation}: S3 answers ${describeFailure(failure)}`);
  }
}

export function describeFailure({ code, status }: S3Failure): string {
  return status === undefined ? code : `${status} ${code}`;
}

/**
 * @throws S3AnswerError for what another attempt does not change, StorageUnavailableError when the attempts are used up.
 */
export async function withRetries<T>(
  operation: string,
  request: () => Promise<T>,
  { clock, timers, random, telemetry }: RetryDeps,
  bounds: RetryBounds,
): Promise<T> {
  const startedAt = clock.monotonic();
  for (let attempt = 1; ; attempt++) {
    try {
      return await request();
    } catch (error) {
      const failure = s3Failure(error);
      if (!isTransient(failure)) throw new S3AnswerError(operation, failure);
      if (attempt >= bounds.attempts || clock.monotonic() - startedAt >= bounds.withinMs) {
        throw new StorageUnavailableError(`${operation}: ${describeFailure(failure)}, ${attempt} times`);
      }
      telemetry.log('warn', 's3_request_repeated', { operation, attempt, failure: describeFailure(failure) });
      const waitMs = Math.min(bounds.longestWaitMs, bounds.firstWaitMs * 2 ** (attempt - 1));
      await timers.sleep(waitMs * (0.5 + random.next() / 2));
    }
  }
}

/** By the S3 API's error table: 500, 503 and time-outs are to be tried again, as is a connection that broke. */
function isTransient({ code, status }: S3Failure): boolean {
  if (SETUP_ERRORS.has(code)) return false;
  return (
    status === undefined || status < 300 || status >= 500 || status === 429 || status === 408 || REPEATED.has(code)
  );
}

const REPEATED: ReadonlySet<string> = new Set(['RequestTimeout', 'OperationAborted', 'SlowDown']);
/** Of the client itself, before anything is sent. */
const SETUP_ERRORS: ReadonlySet<string> = new Set(['CredentialsProviderError', 'TypeError', 'NotImplemented']);
