export * from './control-state.ts';
