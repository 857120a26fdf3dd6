export * from './return-path.ts';
export * from './sealing.ts';
