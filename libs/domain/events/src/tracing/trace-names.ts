/** Every span and every attribute there is. What is not here is not sent; docs/tracing.md is generated from it. */

export type TracedService = 'ingest' | 'scheduler' | 'dispatcher' | 'projector';

interface AttributeMeaning {
  readonly type: 'string' | 'number' | 'boolean';
  readonly means: string;
}

export const ATTRIBUTES = {
  'penstock.message_id': { type: 'string', means: 'id of the message, as `X-Message-Id` told it' },
  'penstock.delivery_id': { type: 'string', means: 'id of the delivery: message id, recipient, partition' },
  'penstock.tenant': { type: 'string', means: 'whose mail it is; not on what comes from a batch' },
  'penstock.release': { type: 'number', means: 'which release of the delivery, from 1' },
  'penstock.attempt': { type: 'number', means: 'which attempt that costs one, from 1' },
  'penstock.protocol': { type: 'string', means: '`http` or `smtp`' },
  'penstock.class': { type: 'string', means: 'traffic class' },
  'penstock.pool': { type: 'string', means: 'pool it was submitted to' },
  'penstock.domain': { type: 'string', means: "recipient's domain" },
  'penstock.size': { type: 'number', means: 'bytes of the message, rounded up' },
  'penstock.source': { type: 'string', means: 'sending IP by its name' },
  'penstock.site': { type: 'string', means: 'MX hosts of the lowest level' },
  'penstock.provider': { type: 'string', means: 'mailbox provider, where recognised' },
  'penstock.path': { type: 'string', means: 'what limits attach to' },
  'penstock.host': { type: 'string', means: 'name of the host that answered' },
  'penstock.outcome': { type: 'string', means: 'type of the fact that was written' },
  'penstock.cause': { type: 'string', means: 'its cause, such as `remote`, `not_started`, `expired`' },
  'penstock.phase': { type: 'string', means: 'where in the conversation it was decided' },
  'penstock.scope': { type: 'string', means: 'what it is evidence about' },
  'penstock.verdict': { type: 'string', means: 'what the reply was understood to mean' },
  'penstock.disposition': { type: 'string', means: '`deliver`, `defer`, `bounce` or `unknown`' },
  'penstock.reply.code': { type: 'number', means: 'SMTP reply code' },
  'penstock.reply.enhanced': { type: 'string', means: 'RFC 3463 code' },
  'penstock.tls': { type: 'string', means: 'TLS protocol of the connection' },
  'penstock.may_duplicate': { type: 'boolean', means: 'an earlier outcome is unknown or in doubt' },
  'penstock.passed_over': { type: 'string', means: 'sources not taken, and why' },
  'penstock.credit.used': {
    type: 'number',
    means: "deliveries out on the path when it was decided, the scheduler's partition alone",
  },
  'penstock.credit.limit': { type: 'number', means: 'most that may be out' },
  'penstock.policy_version': { type: 'string', means: 'policy that it was decided by' },
  'penstock.reasons': { type: 'string', means: 'why it was held' },
  'penstock.partition': { type: 'number', means: 'partition of `mail.events`' },
  'penstock.batch.size': { type: 'number', means: 'deliveries of the release, or records read' },
  'penstock.batch.sampled': { type: 'number', means: 'how many of them are traced; the first 32 are linked' },
  'penstock.link': { type: 'string', means: 'on a link: `acceptance`, `previous_attempt` or `batch_member`' },
} as const satisfies Readonly<Record<string, AttributeMeaning>>;

export type AttributeName = keyof typeof ATTRIBUTES;
export type Attributes = { readonly [K in AttributeName]?: string | number | boolean };

interface SpanMeaning {
  readonly service: TracedService;
  readonly trace: 'acceptance' | 'attempt' | 'batch';
  readonly means: string;
  /** What it may carry besides the ids. */
  readonly attributes: readonly AttributeName[];
}

/** On every span but those of batches, whose links name them. */
export const ID_ATTRIBUTES = ['penstock.message_id', 'penstock.delivery_id', 'penstock.tenant'] as const;

const ROUTE = ['penstock.source', 'penstock.site', 'penstock.provider'] as const;
const NUMBERS = ['penstock.release', 'penstock.attempt'] as const;
const STEP = [...NUMBERS, 'penstock.source', 'penstock.provider', 'penstock.phase'] as const;

export const SPANS = {
  accept: {
    service: 'ingest',
    trace: 'acceptance',
    means: 'the mail is accepted; below the span of the caller, if it sent a `traceparent`',
    attributes: ['penstock.protocol', 'penstock.class', 'penstock.pool', 'penstock.domain', 'penstock.size'],
  },
  hold: {
    service: 'scheduler',
    trace: 'acceptance',
    means: 'from when it began to wait for us until we said so',
    attributes: ['penstock.release', 'penstock.reasons'],
  },
  release: {
    service: 'scheduler',
    trace: 'attempt',
    means: 'the decision to try it now; linked to the acceptance and to the release before',
    attributes: [
      ...NUMBERS,
      ...ROUTE,
      'penstock.path',
      'penstock.may_duplicate',
      'penstock.passed_over',
      'penstock.credit.used',
      'penstock.credit.limit',
      'penstock.policy_version',
    ],
  },
  attempt: {
    service: 'dispatcher',
    trace: 'attempt',
    means: 'from the arrival of the command to its outcome; an error unless delivered',
    attributes: [
      ...NUMBERS,
      ...ROUTE,
      'penstock.host',
      'penstock.outcome',
      'penstock.cause',
      'penstock.phase',
      'penstock.scope',
      'penstock.verdict',
      'penstock.disposition',
      'penstock.reply.code',
      'penstock.reply.enhanced',
      'penstock.tls',
      'penstock.may_duplicate',
    ],
  },
  queue: { service: 'dispatcher', trace: 'attempt', means: 'waiting for a connection and its pace', attributes: STEP },
  connect: {
    service: 'dispatcher',
    trace: 'attempt',
    means: 'DNS, TCP, banner, EHLO, STARTTLS; absent on a connection that was open',
    attributes: STEP,
  },
  transaction: {
    service: 'dispatcher',
    trace: 'attempt',
    means: 'from `MAIL FROM` to the last reply; `penstock.phase` tells which of them decided',
    attributes: STEP,
  },
  settle: {
    service: 'scheduler',
    trace: 'attempt',
    means: 'ended or closed without an answer: dropped, no outcome in time, assumed delivered',
    attributes: [...NUMBERS, ...ROUTE, 'penstock.outcome', 'penstock.cause', 'penstock.may_duplicate'],
  },
  release_batch: {
    service: 'scheduler',
    trace: 'batch',
    means: 'one `released` record of which something is traced; linked to the releases',
    attributes: [...ROUTE, 'penstock.path', 'penstock.partition', 'penstock.batch.size', 'penstock.batch.sampled'],
  },
  project: {
    service: 'projector',
    trace: 'batch',
    means: 'one batch of records folded, of which something is traced; linked to what was read',
    attributes: ['penstock.partition', 'penstock.batch.size', 'penstock.batch.sampled'],
  },
} as const satisfies Readonly<Record<string, SpanMeaning>>;

export type SpanName = keyof typeof SPANS;
