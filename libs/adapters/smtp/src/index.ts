export * from './smtp-transport.ts';
