import type { MetricSample } from '@penstock/nest';

/** What was posted to one tenant's webhook, as far as metrics show it. */
export interface WebhookNumbers {
  readonly posted: number;
  readonly events: number;
  readonly failed: number;
  readonly dead: number;
  readonly behind: number;
  readonly oldestAt: number | undefined;
}

/**
 * All webhooks together: tenants are too many to be series.
 *
 * @param now ms since the epoch
 */
export function webhookSamples(webhooks: readonly WebhookNumbers[], now: number): MetricSample[] {
  const sum = (of: (webhook: WebhookNumbers) => number) => webhooks.reduce((total, webhook) => total + of(webhook), 0);
  const oldestAt = webhooks.reduce((oldest, webhook) => Math.min(oldest, webhook.oldestAt ?? now), now);
  return [
    { metric: 'penstock_webhook_events_total', labels: { result: 'taken' }, value: sum(({ events }) => events) },
    { metric: 'penstock_webhook_events_total', labels: { result: 'given_up' }, value: sum(({ dead }) => dead) },
    { metric: 'penstock_webhook_requests_total', labels: { result: 'taken' }, value: sum(({ posted }) => posted) },
    { metric: 'penstock_webhook_requests_total', labels: { result: 'failed' }, value: sum(({ failed }) => failed) },
    { metric: 'penstock_webhook_behind_records', labels: {}, value: sum(({ behind }) => behind) },
    { metric: 'penstock_webhook_oldest_seconds', labels: {}, value: (now - oldestAt) / 1_000 },
  ];
}
