import type { Span } from '@penstock/events';
import type { Endpoint } from './api/http-client.ts';

/** The world of a command: what it may read, and where it writes. */
export interface Console {
  readonly environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
  sleep(delayMs: number): Promise<void>;
  /** As `print` without a line break, but waits while the reader is slow: for records by the million. */
  readonly write?: (text: string) => Promise<void>;
  /** One line that the next one replaces; undefined ends it. Absent where nobody watches. */
  readonly progress?: (text: string | undefined) => void;
  /** Opens the data folder of a platform that does not run. Absent where there are no folders. */
  readonly openFolder?: (folder: string) => Promise<OpenFolder>;
  /** Sends spans over OTLP/HTTP; rejects with the reason if nobody takes them. */
  readonly sendSpans?: (endpoint: string, spans: readonly Span[]) => Promise<void>;
  /** Runs a service as this process; resolves when it has started. Absent where none can. */
  readonly runService?: (service: string, args: readonly string[]) => Promise<void>;
  /** The mail hosts of a domain, none where it has no MX record; rejects with a `UserError` where DNS does not say. */
  readonly mailHosts?: (domain: string) => Promise<readonly MailHost[]>;
  /** Somebody wants the command to end. */
  readonly interrupted?: AbortSignal;
}

export interface MailHost {
  readonly name: string;
  readonly preference: number;
}

export interface OpenFolder {
  /** Where it is asked like a platform. */
  readonly endpoint: Endpoint;
  close(): Promise<void>;
}

/** Something the user can put right; shown without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
