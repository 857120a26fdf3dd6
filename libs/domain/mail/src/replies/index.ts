export * from './causes.ts';
export * from './classify-reply.ts';
export * from './explain-reply.ts';
export * from './mask-addresses.ts';
export * from './parse-reply.ts';
export * from './retry-hint.ts';
