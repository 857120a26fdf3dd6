/** What the query API answers, as far as the command line shows it. Everything that may be absent is optional. */
import type { Decision, HoldReason, Host, SmtpReply, Timings, TrafficClass, Verdict } from '@penstock/events';

export type DeliveryStatus = 'waiting' | 'held' | 'open' | 'delivered' | 'bounced' | 'dropped';

const TERMINAL: ReadonlySet<DeliveryStatus> = new Set<DeliveryStatus>(['delivered', 'bounced', 'dropped']);

export function isSettled({ status }: { readonly status: DeliveryStatus }): boolean {
  return TERMINAL.has(status);
}

/** A fact of a delivery with its details beside it; which ones there are depends on the type. */
export interface FactView {
  readonly type: string;
  /** ms since the epoch */
  readonly at: number;
  readonly release: number;
  /** What it changed: accepted, opened, closed, ended, noted; or late, repeat, stale, unknown: nothing. */
  readonly transition: string;
  readonly attempt?: number;
  readonly attempts?: number;
  readonly source?: string;
  readonly site?: string;
  readonly provider?: string;
  readonly domain?: string;
  readonly class?: TrafficClass;
  readonly pool?: string;
  readonly protocol?: string;
  readonly size?: number;
  readonly acceptedAt?: number;
  readonly sendAt?: number;
  readonly cause?: string;
  readonly text?: string;
  readonly heldSince?: number;
  readonly until?: number;
  readonly retryAt?: number;
  readonly mayDuplicate?: boolean;
  readonly decision?: Decision;
  readonly phase?: string;
  readonly host?: Host;
  readonly reply?: SmtpReply;
  readonly verdict?: Verdict;
  readonly timings?: Timings;
  readonly reasons?: readonly string[];
  readonly path?: string;
  readonly policyVersion?: string;
  readonly scope?: string;
  readonly tls?: string;
  readonly heldMs?: number;
  readonly remoteMs?: number;
  readonly lastReply?: SmtpReply;
  readonly lastHold?: readonly HoldReason[];
  readonly suppression?: string;
}

export interface Timeline {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly tenant?: string;
  /** W3C trace context that the records carry. */
  readonly traceparent?: string;
  readonly status: DeliveryStatus;
  readonly domain?: string;
  readonly pool?: string;
  readonly class?: TrafficClass;
  readonly acceptedAt?: number;
  readonly attempts: number;
  readonly nextAttemptAt?: number;
  readonly duplicates: number;
  readonly facts: readonly FactView[];
  readonly truncated?: true;
}

/** Why an attempt was made when and where it was. */
export interface AttemptWhy {
  /** ms since the epoch */
  readonly at: number;
  readonly attempt: number;
  readonly release: number;
  readonly source: string;
  readonly because: readonly string[];
  readonly outcome?: { readonly type: string; readonly at: number; readonly text: string };
}

/** Why a delivery went as it did, or why it waits; in sentences. */
export interface Why {
  readonly deliveryId: string;
  readonly status: DeliveryStatus;
  readonly answer: string;
  readonly attempts: readonly AttemptWhy[];
  readonly waiting?: { readonly for: string; readonly expectedAt?: number; readonly expiresAt?: number };
}

export interface DeliverySummary {
  readonly deliveryId: string;
  readonly domain: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt?: number;
}

export interface MessageView {
  readonly messageId: string;
  readonly deliveries: readonly DeliverySummary[];
  readonly next?: number;
  readonly counts?: Readonly<Record<DeliveryStatus | 'total', number>>;
}

export interface LaneView {
  readonly pool: string;
  readonly domain: string;
  readonly class: TrafficClass;
  readonly waiting: number;
  readonly open: number;
  readonly held: number;
  readonly oldestAcceptedAt?: number;
  readonly reasons: readonly {
    readonly kind: string;
    readonly text?: string;
    readonly cause?: string;
    readonly source?: string;
    readonly until?: number;
    readonly retryAt?: number;
    readonly reply?: SmtpReply;
  }[];
}

export interface LanesView {
  readonly lanes: readonly LaneView[];
  readonly totals: { readonly lanes: number; readonly waiting: number; readonly held: number; readonly open: number };
  readonly truncated: boolean;
}

export interface Rated {
  readonly counts: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<'deferralRate' | 'bounceRate' | 'meanLatencyMs', number | null>>;
}

export interface ProvidersView {
  readonly minutes: number;
  readonly totals: Rated;
  readonly providers: readonly ({ readonly provider: string } & Rated)[];
}

export interface SourcesView {
  readonly sources: readonly ({
    readonly source: string;
    readonly owner?: string;
    readonly unreachable?: true;
    readonly throttledPaths: readonly { readonly path: string; readonly until: number; readonly text: string }[];
  } & Rated)[];
}

export interface ReadinessView {
  readonly status: 'ready' | 'not_ready';
  readonly reasons: Readonly<Record<string, string>>;
}

export interface RebuildView {
  readonly id: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  readonly error?: string;
  /** Whether every row compared is equal. */
  readonly equal?: boolean;
  readonly elapsedMs: number;
  readonly progress: {
    readonly factsFolded: number;
    readonly factsInAll: number;
    readonly factsPerSecond: number;
    readonly share: number;
    readonly remainingMs?: number;
  };
  readonly results: readonly {
    readonly model: string;
    readonly swapped: boolean;
    readonly carriedRows: number;
    readonly sections: readonly {
      readonly section: string;
      readonly rows: number;
      readonly liveDigest: string;
      readonly rebuiltDigest: string;
      readonly equal: boolean;
      readonly differences: number;
      readonly differing: readonly {
        readonly key: string;
        readonly kind: 'only_live' | 'only_rebuilt' | 'differs';
        readonly fields?: readonly string[];
      }[];
      readonly notCompared: number;
    }[];
  }[];
}
