export * from './directory-fold.ts';
export * from './directory-follower.ts';
export * from './directory-state.ts';
