export * from './dispatcher.module.ts';
export * from './dispatcher.ts';
export type { DispatcherDeps } from './dispatcher-deps.ts';
