export * from './control-follower.ts';
export * from './random-name.ts';
