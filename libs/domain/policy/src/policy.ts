/** The policy file once parsed, checked and filled with defaults. Times in ms; names as in the file, camel-cased. */
import type { AutomationRule } from './automation.ts';
import type { ClassPolicies } from './classes.ts';
import type { LimitPolicy } from './limits.ts';
import type { Rate } from './rates.ts';
import type { TenantPolicies } from './tenants.ts';
import type { WarmupPolicy } from './warmups.ts';

export type { PolicyProblem } from './problem.ts';
export type { Rate } from './rates.ts';

export type Egress = 'sandbox' | 'smarthost' | 'internet';

export type TlsPolicy = 'Opportunistic' | 'OpportunisticInsecure' | 'Required' | 'RequiredInsecure' | 'Disabled';

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
  /** A second limit on them, over more than a minute, where `maxMessageRate` is one over less. */
  readonly messageBudget?: Rate;
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

/** What one block of the file says, nothing filled in. */
export interface BlockShaping extends Partial<Shaping> {
  /** All that was said before is forgotten; KumoMTA's only way to take a limit away. */
  readonly replaceBase?: boolean;
  /** Limits of the whole provider, from one source: the stricter of them and the site's holds. */
  readonly providerConnectionLimit?: number;
  readonly providerMaxConnectionRate?: Rate;
  readonly providerMaxMessageRate?: Rate;
  /** KumoMTA's limits by a name of their own, `additional_*`: kept as written, by setting. */
  readonly additional?: Readonly<Record<string, Readonly<Record<string, string | number>>>>;
}

/** What a block says of mail from one source, by the source's name; it need not be one of ours. */
export type SourceBlocks = ReadonlyMap<string, BlockShaping>;

export interface ProviderPolicy {
  readonly name: string;
  readonly match: readonly ProviderMatch[];
  readonly shaping: BlockShaping;
  /** Absent: none. */
  readonly sources?: SourceBlocks;
  /** `one` (also where absent): all its sites share a path and its limits; `per_site`: each keeps to them alone. */
  readonly paths?: 'one' | 'per_site';
  readonly automation?: readonly AutomationRule[];
}

/** `["example.com"]` */
export interface DomainPolicy {
  readonly name: string;
  /** Whether it also holds for every domain with the same MX hosts. */
  readonly mxRollup: boolean;
  readonly shaping: BlockShaping;
  readonly sources: SourceBlocks;
  readonly automation: readonly AutomationRule[];
}

export interface SourcePolicy {
  readonly name: string;
  /** Local address the dispatcher binds; the system's choice if absent. */
  readonly bind?: string;
  readonly ehlo: string;
  /** Partition of `mail.attempts`: fixed for the source's life, never reused. */
  readonly partition: number;
  /** Name of the `[warmup]` table it is warmed up by, once its warm-up is started. */
  readonly warmup?: string;
}

export interface PoolPolicy {
  readonly name: string;
  readonly sources: readonly string[];
  /** Takes what neither the warming nor the warm sources of this pool may take. */
  readonly sharedWarmupPool?: string;
  /** Least reputation, 0 to 100, of a tenant whose mail may go there; absent: `SHARED_WARMUP_REPUTATION`. */
  readonly sharedWarmupReputation?: number;
}

export interface RetryPolicy {
  readonly retryIntervalMs: number;
  readonly maxRetryIntervalMs: number;
  /** What each wait is multiplied by; absent: 2. */
  readonly retryFactor?: number;
  /** The waits themselves, in order, the last one for ever: instead of interval, factor and most. */
  readonly retryScheduleMs?: readonly number[];
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
  readonly defaults?: BlockShaping;
  /** `["default".sources]` */
  readonly defaultSources?: SourceBlocks;
  /** Of `["default"]`: for every receiver. */
  readonly automation?: readonly AutomationRule[];
  /** In file order. */
  readonly providers: readonly ProviderPolicy[];
  /** By domain, in file order. */
  readonly domains: ReadonlyMap<string, DomainPolicy>;
  readonly sources: ReadonlyMap<string, SourcePolicy>;
  readonly pools: ReadonlyMap<string, PoolPolicy>;
  readonly defaultPool: string;
  /** By name; those shipped, `sendgrid`, `ses` and `sparkpost`, included. */
  readonly warmups: ReadonlyMap<string, WarmupPolicy>;
  /** Both of them, whether the file names them or not. */
  readonly classes: ClassPolicies;
  readonly tenants: TenantPolicies;
  /** In file order. */
  readonly limits: readonly LimitPolicy[];
  readonly retry: RetryPolicy;
  readonly dispatch: DispatchPolicy;
}
