import { generateWebhookKey, HttpsWebhookSender } from '@penstock/adapter-webhook';
import type { GenerateWebhookKey, WebhookSender } from '@penstock/ports';
import type { UndoStack } from '../startup/undo-stack.ts';

export type WebhookAllowance = 'public' | 'http' | 'private';

export interface WebhookPosting {
  readonly sender: WebhookSender;
  readonly generateKey: GenerateWebhookKey;
  readonly allowHttp: boolean;
}

/** Posts where PENSTOCK_WEBHOOK_ALLOW lets it. Whoever posts within a private network mostly has no certificates there. */
export function openWebhooks(allow: WebhookAllowance, undo: UndoStack): WebhookPosting {
  const allowHttp = allow !== 'public';
  const sender = new HttpsWebhookSender({ allowHttp, allowPrivate: allow === 'private' });
  undo.push(async () => sender.close());
  return { sender, generateKey: generateWebhookKey, allowHttp };
}
