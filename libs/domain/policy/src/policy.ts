/** The policy file once parsed, checked and filled with defaults. Times in ms; names as in the file, camel-cased. */

export type Egress = 'sandbox' | 'smarthost' | 'internet';

export type TlsPolicy = 'Opportunistic' | 'OpportunisticInsecure' | 'Required' | 'RequiredInsecure' | 'Disabled';

/** `"50/s,max_burst=5"`: `count` per `periodMs`, smoothed, at most `burst` at once. */
export interface Rate {
  readonly count: number;
  readonly periodMs: number;
  readonly burst: number;
}

/** How mail is shaped on a path. KumoMTA's vocabulary. */
export interface Shaping {
  /** Connections open at once from one source to one site (or recognised provider). */
  readonly connectionLimit: number;
  /** New connections. */
  readonly maxConnectionRate?: Rate;
  /** Transactions on one connection. */
  readonly maxDeliveriesPerConnection: number;
  /** Transactions, counted at `MAIL FROM`. */
  readonly maxMessageRate?: Rate;
  readonly enableTls: TlsPolicy;
  readonly idleTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly bannerTimeoutMs: number;
  readonly commandTimeoutMs: number;
  readonly dataTimeoutMs: number;
  readonly dataDotTimeoutMs: number;
  readonly maxConnectionAgeMs: number;
  readonly rememberBrokenTlsMs: number;
}

export type ProviderMatch =
  | { readonly mxSuffix: string }
  | { readonly domainSuffix: string }
  | { readonly hostName: string };

export interface ProviderPolicy {
  readonly name: string;
  readonly match: readonly ProviderMatch[];
  readonly shaping: Partial<Shaping>;
}

export interface SourcePolicy {
  readonly name: string;
  /** Local address the dispatcher binds; the system's choice if absent. */
  readonly bind?: string;
  readonly ehlo: string;
  /** Partition of `mail.attempts`: fixed for the source's life, never reused. */
  readonly partition: number;
}

export interface PoolPolicy {
  readonly name: string;
  readonly sources: readonly string[];
}

export interface RetryPolicy {
  readonly retryIntervalMs: number;
  readonly maxRetryIntervalMs: number;
  /** Fraction of the interval, 0 to 1, by which a retry may come later or earlier. */
  readonly jitter: number;
  /** From `send_at`; no attempt starts after it. */
  readonly maxAgeMs: number;
  /** A reply's own hint is believed between these. */
  readonly hintMinMs: number;
  readonly hintMaxMs: number;
  /** First retry after greylisting not before this. */
  readonly greylistMs: number;
  /** A delivery held longer than this gets its `deferred`; again each `deferralNoticeEveryMs`. */
  readonly deferralNoticeAfterMs: number;
  readonly deferralNoticeEveryMs: number;
  /** After `outcome_unknown`. */
  readonly unknownRetryMs: number;
  readonly unknownMaxRepeats: number;
  readonly onUnknown: 'retry' | 'assume_delivered';
  /** Least time between the two NXDOMAIN answers that bounce. */
  readonly nxdomainIntervalMs: number;
  /** First suspension of a path; doubles up to the second. */
  readonly suspendMs: number;
  readonly maxSuspendMs: number;
}

export interface DispatchPolicy {
  /** Attempts started whose outcome is not yet durable. */
  readonly maxAttemptsInFlight: number;
  /** `startBy` = release + this. */
  readonly startWithinMs: number;
  /** An attempt lasts at most this; the scheduler gives up on its outcome at `startBy` plus this. */
  readonly attemptMaxMs: number;
}

export interface Smarthost {
  readonly host: string;
  readonly port: number;
  readonly shaping: Shaping;
  /** What the block itself says; the rest of `shaping` is shipped. */
  readonly said?: Partial<Shaping>;
}

export interface Policy {
  /** First 12 hex digits of the text's SHA-256. */
  readonly version: string;
  readonly egress: Egress;
  readonly smarthost?: Smarthost;
  readonly shaping: Shaping;
  /** What the file's `["default"]` block itself says; the rest of `shaping` is shipped. */
  readonly defaults?: Partial<Shaping>;
  /** In file order. */
  readonly providers: readonly ProviderPolicy[];
  readonly sources: ReadonlyMap<string, SourcePolicy>;
  readonly pools: ReadonlyMap<string, PoolPolicy>;
  readonly defaultPool: string;
  readonly retry: RetryPolicy;
  readonly dispatch: DispatchPolicy;
}

/** What is wrong with a policy text, where, and what would be right. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  /** Dotted key, such as `provider.gmail.connection_limit`. */
  readonly key: string;
  readonly line?: number;
  readonly message: string;
}
