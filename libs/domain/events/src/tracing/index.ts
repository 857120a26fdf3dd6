export * from './fact-spans.ts';
export * from './span.ts';
export * from './trace-context.ts';
export * from './trace-names.ts';
export * from './traced-fact.ts';
export * from './traces.ts';
