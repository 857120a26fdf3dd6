export * from './recipient-hash.ts';
export * from './return-path.ts';
export * from './sealing.ts';
export * from './suppressed-address.ts';
