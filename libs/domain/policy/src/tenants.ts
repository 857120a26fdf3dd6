/** `[tenant]`, `[tenant."name"]` and `[tier."name"]`: how much a customer may send. */
import type { Block } from './block.ts';
import { duration } from './durations.ts';
import { type Rate, rate } from './rates.ts';
import { boolean, fraction, integer, nameOf } from './readings.ts';

/** Conduct that earns the next tier. */
export interface TierRaise {
  readonly to: string;
  /** Days on the tier before. */
  readonly afterDays: number;
  /** Recipients delivered on it before. */
  readonly afterDelivered: number;
  /** At most these of what was sent there, 0 to 1. */
  readonly bounceRate: number;
  readonly complaintRate: number;
}

export interface TenantQuota {
  /** Recipients accepted in any 24 h; more is refused at the door with 429 or 454. Absent: no limit. */
  readonly dailyLimit?: number;
  /** Recipients released; more waits, held. Absent: no limit. */
  readonly maxMessageRate?: Rate;
  /** Mail goes only to addresses the tenant has proved to own. */
  readonly verifiedRecipientsOnly: boolean;
}

export interface TierPolicy extends TenantQuota {
  readonly name: string;
  readonly raise?: TierRaise;
}

/** What is said of one tenant, or of all; what is not said is the tier's. */
export interface TenantPolicy extends Partial<TenantQuota> {
  readonly tier?: string;
  /** Time for mail of this tenant from `send_at` to its end, ms, where it is shorter than `[retry] max_age`. */
  readonly maxAgeMs?: number;
}

export interface TenantPolicies {
  readonly everyone: TenantPolicy;
  readonly byName: ReadonlyMap<string, TenantPolicy>;
  /** By name; the shipped `sandbox` included. */
  readonly tiers: ReadonlyMap<string, TierPolicy>;
}

/** SES's sandbox: 200 recipients in a rolling day, one a second, verified ones only. */
const SANDBOX: TierPolicy = {
  name: 'sandbox',
  dailyLimit: 200,
  maxMessageRate: { count: 1, periodMs: 1000, burst: 1 },
  verifiedRecipientsOnly: true,
};

export const SHIPPED_TENANTS: TenantPolicies = {
  everyone: {},
  byName: new Map(),
  tiers: new Map([['sandbox', SANDBOX]]),
};

const LARGEST_DAY = 1_000_000_000;

export function readTenants(root: Block): TenantPolicies {
  const tiers = readTiers(root);
  const block = root.block('tenant');
  const everyone = readTenant(block, tiers);
  const named = block.blocksLeft().map(({ name, block: own }) => {
    const tenant = readTenant(own, tiers);
    shelveSaid(own);
    own.refuseRest();
    return [name, tenant] as const;
  });
  shelveSaid(block);
  block.refuseRest();
  return { everyone, byName: new Map(named), tiers };
}

/** What holds for a tenant: its own block, then `[tenant]`, then its tier. */
export function tenantQuota({ everyone, byName, tiers }: TenantPolicies, tenant: string): TenantQuota {
  const said = { ...everyone, ...byName.get(tenant) };
  const { tier, maxAgeMs: _age, ...own } = said;
  const base = tier === undefined ? undefined : tiers.get(tier);
  const { name: _name, raise: _raise, ...quota } = base ?? { name: '', verifiedRecipientsOnly: false };
  return { ...quota, ...own };
}

function readTenant(block: Block, tiers: ReadonlyMap<string, TierPolicy>): TenantPolicy {
  const tier = block.take('tier', nameOf('tier', new Set(tiers.keys())));
  const maxAgeMs = block.take('max_age', duration(1000));
  return {
    ...readQuota(block),
    ...(tier === undefined ? {} : { tier }),
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
  };
}

function readQuota(block: Block): Partial<TenantQuota> {
  const dailyLimit = block.take('daily_limit', integer(0, LARGEST_DAY));
  const maxMessageRate = block.take('max_message_rate', rate);
  const verified = block.take('verified_recipients_only', boolean);
  return {
    ...(dailyLimit === undefined ? {} : { dailyLimit }),
    ...(maxMessageRate === undefined ? {} : { maxMessageRate }),
    ...(verified === undefined ? {} : { verifiedRecipientsOnly: verified }),
  };
}

/** Quotas are read, so that a file can have them, and named, so that nobody relies on them. */
const NOBODY_COUNTS = 'is kept, but nothing counts what a tenant sends yet';

function shelveSaid(block: Block): void {
  for (const key of ['daily_limit', 'max_message_rate', 'verified_recipients_only', 'tier', 'raise', 'max_age']) {
    if (block.has(key)) block.shelve(key, NOBODY_COUNTS);
  }
}

function readTiers(root: Block): ReadonlyMap<string, TierPolicy> {
  const tiers = new Map(SHIPPED_TENANTS.tiers);
  const blocks = root.block('tier').blocks();
  const names = new Set([...tiers.keys(), ...blocks.map(({ name }) => name)]);
  for (const { name, block } of blocks) {
    const base = tiers.get(name) ?? { name, verifiedRecipientsOnly: false };
    const raise = readRaise(block, names) ?? base.raise;
    tiers.set(name, { ...base, ...readQuota(block), ...(raise ? { raise } : {}) });
    shelveSaid(block);
    block.refuseRest();
  }
  return tiers;
}

/** `raise = { to = "production", after_days = 7, after_delivered = 1000 }` */
function readRaise(tier: Block, names: ReadonlySet<string>): TierRaise | undefined {
  if (!tier.has('raise')) return undefined;
  const block = tier.block('raise');
  const to = block.take('to', nameOf('tier', names));
  if (!block.has('to')) block.error('to', 'missing: name the tier that good conduct earns');
  const raise = {
    afterDays: block.take('after_days', integer(0, 366)) ?? 7,
    afterDelivered: block.take('after_delivered', integer(0, LARGEST_DAY)) ?? 1000,
    bounceRate: block.take('bounce_rate', fraction) ?? 0.05,
    complaintRate: block.take('complaint_rate', fraction) ?? 0.001,
  };
  block.refuseRest();
  return to === undefined ? undefined : { to, ...raise };
}
