export { HttpsWebhookSender, type HttpsWebhookSenderOptions } from './https-webhook-sender.ts';
export type { Resolve } from './public-lookup.ts';
export { generateWebhookKey } from './signature.ts';
