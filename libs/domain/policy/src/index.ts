export type * from './automation.ts';
export type { PolicyKeys } from './block.ts';
export * from './budgets.ts';
export { type ClassPolicies, type ClassPolicy, SHIPPED_CLASSES } from './classes.ts';
export * from './compose.ts';
export * from './difference.ts';
export { parseDuration } from './durations.ts';
export * from './explain.ts';
export { keyLines } from './key-lines.ts';
export type { LimitPer, LimitPolicy } from './limits.ts';
export { SHIPPED_DISPATCH, SHIPPED_RETRY } from './pacing.ts';
export * from './parse.ts';
export * from './policy.ts';
export { formatRate, parseRate } from './rates.ts';
export { POLICY_REFERENCE } from './reference.ts';
export type { BlockReference, KeyReference } from './reference-form.ts';
export * from './resolve.ts';
export * from './retention.ts';
export { SHIPPED_SHAPING, SHIPPED_SMARTHOST_SHAPING } from './shaping.ts';
export * from './sites.ts';
export * from './smarthost-text.ts';
export { SHARED_WARMUP_REPUTATION } from './sources.ts';
export {
  SHIPPED_TENANTS,
  type TenantPolicies,
  type TenantPolicy,
  type TenantQuota,
  type TierPolicy,
  type TierRaise,
  tenantQuota,
} from './tenants.ts';
export { UNREAD_KEYS } from './unread-shaping.ts';
export { SHIPPED_WARMUPS, type WarmupGate, type WarmupPolicy, type WarmupPreset } from './warmups.ts';
