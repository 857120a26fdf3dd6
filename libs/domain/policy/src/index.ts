export { parseDuration } from './durations.ts';
export { SHIPPED_DISPATCH, SHIPPED_RETRY } from './pacing.ts';
export * from './parse.ts';
export * from './policy.ts';
export { formatRate, parseRate } from './rates.ts';
export * from './resolve.ts';
export { SHIPPED_SHAPING, SHIPPED_SMARTHOST_SHAPING } from './shaping.ts';
export * from './sites.ts';
export * from './smarthost-text.ts';
