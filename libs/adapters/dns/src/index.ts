export * from './caching-resolver.ts';
export * from './system-resolver.ts';
