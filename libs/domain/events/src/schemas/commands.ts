import type { Attempt } from '../commands.ts';
import { deliveryContent } from './facts.ts';
import { arrayOf, count, flag, instant, type JsonSchema, object, ordinal, text } from './json-schema.ts';
import { trafficClass } from './outcome.ts';
import { deliveryId, record, traceparent } from './record.ts';

const attemptDelivery = object(
  {
    deliveryId,
    messageId: text,
    tenant: text,
    release: ordinal,
    attempt: ordinal,
    content: deliveryContent,
    size: count,
  },
  { mayDuplicate: flag, nxdomainSince: instant, mayMove: flag, traceparent },
);

const attempt = object(
  {
    source: text,
    site: text,
    path: text,
    domain: text,
    pool: text,
    class: trafficClass,
    startBy: instant,
    expiresAt: instant,
    deliveries: arrayOf(attemptDelivery, 1),
  },
  { provider: text },
);

export const COMMAND_SCHEMAS: Readonly<Record<Attempt['type'], JsonSchema>> = {
  attempt: record('attempt', [], attempt),
};
