export * from './directory-fold.ts';
export * from './directory-follower.ts';
export * from './directory-state.ts';
export * from './suppressions/suppression-rows.ts';
export * from './suppressions/suppressions.ts';
