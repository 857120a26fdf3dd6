/** What is counted per minute, provider and source, and what each number means. One place, for fold and API. */
export const COUNTERS = {
  accepted: 'deliveries that came into being',
  released: 'deliveries handed to a source, repeats of one attempt not counted',
  attempts: 'attempts that ended and cost one: delivered, bounced, deferred by the receiver, or outcome unknown',
  delivered: 'deliveries that ended with the receiver taking them',
  bounced: 'deliveries that ended with a refusal for good',
  deferredHeld: 'notices that a delivery waits for us; cost no attempt and stand in no rate',
  deferredRemote: 'attempts the receiver put off, or that did not reach it',
  handedBack: 'releases given back unstarted or in doubt; cost no attempt and stand in no rate',
  outcomeUnknown: 'attempts whose connection died after the final dot, or that reported nothing',
  dropped: 'deliveries that ended without ever being tried again',
  duplicates: 'deliveries reported delivered once more after their end',
  markedDuplicates: 'delivered facts that said beforehand they might be a repeat',
  latencyMs: 'sum over delivered of the time from acceptance to delivery',
} as const;

export type Counter = keyof typeof COUNTERS;

export type Counts = { -readonly [C in Counter]?: number };

/** Named where a rate is returned, so that nobody has to guess which one it is. */
export const RATES = {
  deferralRate: 'deferredRemote / attempts; what was held by us is not in it',
  bounceRate: 'bounced / attempts',
  meanLatencyMs: 'latencyMs / delivered: from acceptance to the receiver taking it, waiting for send_at included',
} as const;

/** Provider of mail whose MX hosts match none of the policy's providers. */
export const OTHER_PROVIDER = 'other';

/** Provider of deliveries never released: nobody has looked at their MX hosts. */
export const UNRESOLVED_PROVIDER = 'unresolved';
