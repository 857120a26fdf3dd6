export * from './archive-conformance.ts';
export * from './clock-conformance.ts';
export * from './content-store-conformance.ts';
export * from './event-log-conformance.ts';
export * from './event-log-harness.ts';
export * from './keyed-store-conformance.ts';
export { type QuotaStoreHarness, quotaStoreConformance } from './quota-store-conformance.ts';
export * from './read-models-conformance.ts';
export * from './state-copies-conformance.ts';
