export * from './open-tracing.ts';
export * from './otlp-tracing.ts';
export * from './send-spans.ts';
