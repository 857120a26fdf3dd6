import { derivedId, type Received } from '@penstock/events';
import type { Submission } from './acceptance.ts';

/** What makes a submission repeatable: its `Idempotency-Key`, and what it was first used for. */
export interface Keyed {
  /** Keyed submissions with the same one are one. */
  readonly key: string;
  /** Digest of the request: the same key must mean the same mail. */
  readonly digest: string;
}

export interface ReceivedParts {
  readonly body: string;
  readonly manifest: string;
  readonly recipients: number;
  readonly partitionCount: number;
  readonly submissionPartitions: number;
  readonly size: number;
  readonly keyed: Keyed | undefined;
}

/** The record of a submission of several recipients, or of one with a key. */
export function receivedRecord(submission: Submission, parts: ReceivedParts): Received {
  const { messageId, tenant, traceparent, acceptedAt, pool, protocol, categories, bypass } = submission;
  const { submissionPartitions, keyed, ...content } = parts;
  const id = derivedId('received', messageId);
  return {
    id,
    type: 'received',
    version: 1,
    at: acceptedAt,
    partition: Number.parseInt((keyed?.key ?? id).slice(0, 8), 16) % submissionPartitions,
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: {
      ...content,
      class: submission.class,
      pool,
      acceptedAt,
      protocol,
      ...(categories === undefined ? {} : { categories }),
      ...(bypass === undefined ? {} : { bypass }),
      ...(keyed === undefined ? {} : { idempotency: keyed }),
    },
  };
}
