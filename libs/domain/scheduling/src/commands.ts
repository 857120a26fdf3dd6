/** Commands follow from what was read back, and from nothing else. */
import type { Attempt, AttemptDelivery } from '@penstock/events';
import type { Policy } from '@penstock/policy';
import type { Delivery } from './delivery.ts';
import { commandId } from './fact-ids.ts';

/** While it is made: what is seldom there is added at the end, which is a third of the time of spreading it in. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * The command of a delivery's open attempt, or undefined if none is open. The same release gives the same command
 * but for `at` and what the policy says by then, however often it is sent.
 */
export function attemptCommand(
  delivery: Delivery,
  partition: number,
  at: number,
  { retry, pools }: Pick<Policy, 'retry' | 'pools'>,
): Attempt | undefined {
  const { accepted, open, life } = delivery;
  if (!open) return undefined;
  const { id, messageId, tenant, content, size, domain, pool, traceparent } = accepted;
  const { source, site, provider, path, startBy, attempt, mayDuplicate } = open;
  const { release } = life;
  const { nxdomainSince } = delivery;
  const entry: Writable<AttemptDelivery> = { deliveryId: id, messageId, tenant, release, attempt, content, size };
  if (mayDuplicate) entry.mayDuplicate = mayDuplicate;
  if (nxdomainSince !== undefined) entry.nxdomainSince = nxdomainSince;
  // A block moves a delivery once: one bad campaign must not walk through every address.
  if (!delivery.moved && (pools.get(pool)?.sources.length ?? 0) > 1) entry.mayMove = true;
  const body: Writable<Attempt['body']> = {
    source,
    site,
    path,
    domain,
    pool,
    class: accepted.class,
    startBy,
    expiresAt: accepted.sendAt + retry.maxAgeMs,
    deliveries: [entry],
  };
  if (provider !== undefined) body.provider = provider;
  const command: Writable<Attempt> = {
    id: commandId(id, release),
    type: 'attempt',
    version: 1,
    at,
    partition,
    deliveryId: id,
    messageId,
    tenant,
    release,
    body,
  };
  if (traceparent !== undefined) {
    command.traceparent = traceparent;
    entry.traceparent = traceparent;
  }
  return command;
}
