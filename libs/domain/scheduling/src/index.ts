export * from './control-state.ts';
export * from './pace.ts';
