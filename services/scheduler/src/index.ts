export type { SchedulerDeps } from './deps.ts';
export * from './scheduler.module.ts';
export * from './scheduler.ts';
