export * from './classify-reply.ts';
export * from './mask-addresses.ts';
export * from './parse-reply.ts';
export { REPLY_RULES, type ReplyRule } from './reply-rules.ts';
export * from './retry-hint.ts';
