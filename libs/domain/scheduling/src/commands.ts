/** Commands follow from what was read back, and from nothing else. */
import type { Attempt } from '@penstock/events';
import type { Delivery } from './delivery.ts';
import { commandId } from './fact-ids.ts';

/**
 * The command of a delivery's open attempt, or undefined if none is open. The same release gives the same command
 * but for `at`, however often it is sent. `maxAgeMs` is the policy's.
 */
export function attemptCommand(
  delivery: Delivery,
  partition: number,
  at: number,
  maxAgeMs: number,
): Attempt | undefined {
  const { accepted, open, life } = delivery;
  if (!open) return undefined;
  const { id, messageId, tenant, content, size, domain, pool, traceparent } = accepted;
  const { source, site, provider, path, startBy, attempt, mayDuplicate } = open;
  const { release } = life;
  const { nxdomainSince } = delivery;
  const traced = traceparent === undefined ? {} : { traceparent };
  return {
    id: commandId(id, release),
    type: 'attempt',
    version: 1,
    at,
    partition,
    deliveryId: id,
    messageId,
    tenant,
    release,
    ...traced,
    body: {
      source,
      site,
      ...(provider === undefined ? {} : { provider }),
      path,
      domain,
      pool,
      class: accepted.class,
      startBy,
      expiresAt: accepted.sendAt + maxAgeMs,
      deliveries: [
        {
          deliveryId: id,
          messageId,
          tenant,
          release,
          attempt,
          content,
          size,
          ...(mayDuplicate ? { mayDuplicate } : {}),
          ...(nxdomainSince === undefined ? {} : { nxdomainSince }),
          ...traced,
        },
      ],
    },
  };
}
