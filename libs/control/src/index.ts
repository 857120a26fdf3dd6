export * from './checked-clock.ts';
export * from './control-follower.ts';
export * from './policy-publication.ts';
export * from './random-name.ts';
