export * from './parse.ts';
export * from './policy.ts';
