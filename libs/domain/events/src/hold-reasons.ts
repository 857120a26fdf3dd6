import type { HoldReason } from './outcome.ts';

/** What users read in a `deferred` fact with cause held. Where an ISP limit is the reason, SendGrid's wording. */
export const HOLD_REASON_TEXTS: Readonly<Record<HoldReason, string>> = {
  hourly_limit: 'IPs reached ISP-suggested hourly limits',
  connection_limit: 'IPs reached ISP-suggested max connection limits',
  path_throttled: 'IPs were throttled by recipient server',
  port_limit: 'IPs reached max port limit',
  source_connection_limit: 'IP reached max connection limit',
  sending_window: 'outside the sending window',
  tenant_rate: 'tenant rate limit reached',
  operator: 'held by an operator',
  no_source: 'no source of the pool can be used now',
};

/** `Email was deferred due to the following reason(s): [A, B]` */
export function deferralText(reasons: readonly HoldReason[]): string {
  const texts = reasons.map((reason) => HOLD_REASON_TEXTS[reason]);
  return `Email was deferred due to the following reason(s): [${texts.join(', ')}]`;
}
