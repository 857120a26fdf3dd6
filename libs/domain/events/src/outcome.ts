/** What an attempt met: phase, scope, host, reply, verdict, timings. */

/** Where in the conversation the outcome was decided (RFC 5321 section 4.5.3.2 names the same steps). */
export type Phase = 'dns' | 'connect' | 'banner' | 'ehlo' | 'starttls' | 'mail' | 'rcpt' | 'data' | 'final_dot';

export const PHASES: readonly Phase[] = [
  'dns',
  'connect',
  'banner',
  'ehlo',
  'starttls',
  'mail',
  'rcpt',
  'data',
  'final_dot',
];

/** What the outcome is evidence about. */
export type Scope = 'recipient' | 'message' | 'sending_domain' | 'source' | 'path' | 'host';

export const SCOPES: readonly Scope[] = ['recipient', 'message', 'sending_domain', 'source', 'path', 'host'];

export type Disposition = 'deliver' | 'defer' | 'bounce' | 'unknown';

/** What a reply was understood to mean. */
export interface Verdict {
  /** Stable snake_case word, e.g. `user_unknown`, `throttle_rate`, `greylisted`, `mailbox_full`, `accepted`. */
  readonly cause: string;
  readonly scope: Scope;
  readonly disposition: Disposition;
  /** 0 to 1: 1 a reviewed provider rule, lower for what only the code tells. */
  readonly confidence: number;
  /** Name of the rule that matched, if one did. */
  readonly rule?: string;
}

/**
 * The receiver refuses the sending address itself, whoever the mail is for: another source may be welcome. The cause
 * `blocked` always has scope `source`, in the verdict also where the fact's own scope is the path.
 */
export function isSourceBlocked({ cause, scope }: Verdict): boolean {
  return cause === 'blocked' && scope === 'source';
}

/** An SMTP reply as stored: addresses masked, at most 1,024 characters. */
export interface SmtpReply {
  readonly code: number;
  /** RFC 3463 code such as `4.7.28`. */
  readonly enhanced?: string;
  readonly text: string;
}

export interface Host {
  readonly name: string;
  readonly address?: string;
  readonly port?: number;
}

/** Milliseconds each step took; absent where the attempt did not get there. */
export interface Timings {
  /** Waiting in the owner's queue for a connection and a pace token. */
  readonly queuedMs?: number;
  readonly connectMs?: number;
  readonly transactionMs?: number;
}

/** Common to `delivered`, `bounced`, `outcome_unknown` and the remote form of `deferred`. */
export interface AttemptOutcome {
  readonly attempt: number;
  readonly source: string;
  readonly site: string;
  readonly provider?: string;
  readonly phase: Phase;
  readonly scope: Scope;
  readonly host?: Host;
  readonly reply?: SmtpReply;
  readonly verdict: Verdict;
  readonly timings: Timings;
  /** TLS protocol of the connection, e.g. `TLSv1.3`; absent in plain text. */
  readonly tls?: string;
  /** The recipient may already have this message: an earlier outcome is unknown or in doubt. */
  readonly mayDuplicate?: boolean;
}

/** A source not taken for a release, and why. */
export interface PassedOver {
  readonly source: string;
  readonly reason: HoldReason;
  /** When it may be asked again, ms since the epoch, if known. */
  readonly until?: number;
}

/** Why a delivery waits for us. The texts users see are in hold-reasons.ts. */
export type HoldReason =
  | 'hourly_limit'
  | 'connection_limit'
  | 'path_throttled'
  | 'port_limit'
  | 'source_connection_limit'
  | 'sending_window'
  | 'tenant_rate'
  | 'operator'
  | 'no_source';

/** Why this source, now: recorded with every release. */
export interface Decision {
  readonly passedOver: readonly PassedOver[];
  /** The path's credit when the decision fell: deliveries out and the most that may be out, per partition. */
  readonly credit: { readonly path: string; readonly limit: number; readonly used: number };
  /** Tokens left of each budget that was asked; budgets come with the quota store. */
  readonly budgets: readonly { readonly key: string; readonly left: number }[];
}
