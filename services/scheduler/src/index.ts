export type { SchedulerDeps } from './deps.ts';
export { type CautiousQuotaDeps, CautiousQuotaStore } from './quotas/cautious-quota-store.ts';
export { LoneQuotaStore } from './quotas/lone-quota-store.ts';
export type { PartitionShare } from './quotas/share-of-budgets.ts';
export * from './scheduler.module.ts';
export * from './scheduler.ts';
