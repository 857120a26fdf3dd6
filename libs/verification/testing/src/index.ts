export * from './conformance/index.ts';
export * from './sandbox/index.ts';
