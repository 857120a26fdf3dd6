export * from './key-generation.ts';
