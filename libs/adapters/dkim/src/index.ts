export * from './in-process-signer.ts';
export * from './key-generation.ts';
export * from './signing-pool.ts';
