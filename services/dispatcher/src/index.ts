export * from './dispatcher.module.ts';
export type { DispatcherFigures } from './dispatcher.ts';
export * from './dispatcher.ts';
export type { DispatcherDeps } from './dispatcher-deps.ts';
