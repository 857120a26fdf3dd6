import type { TrafficClass } from '@penstock/events';
import { choosePartition, derivedId, formatDeliveryId, type Protocol, type Received, TOPICS } from '@penstock/events';
import {
  encodeManifest,
  encodeRecipient,
  type Mailbox,
  type ManifestEntry,
  type StoredRecipient,
} from '@penstock/mail';
import type { ContentStore, EventLog } from '@penstock/ports';
import { processedFact } from './processed.ts';
import { RecipientHasher } from './recipient-hash.ts';

/** A message and everybody who gets it, checked and ready to be stored. */
export interface Submission {
  readonly messageId: string;
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly pool: string;
  readonly protocol: Protocol;
  readonly acceptedAt: number;
  /** What follows each recipient's head; shared by all. */
  readonly body: Uint8Array;
  /** At least one. */
  readonly copies: readonly Copy[];
  readonly categories?: readonly string[];
  readonly traceparent?: string;
}

/** One recipient's copy. */
export interface Copy extends Omit<StoredRecipient, 'address' | 'head'> {
  readonly mailbox: Mailbox;
  /** ms since the epoch */
  readonly sendAt: number;
  /** Header lines before the body; the delivery id goes into its Message-ID. */
  head(deliveryId: string): string;
}

export interface AcceptanceDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly recipientKey: Uint8Array;
}

/**
 * Takes responsibility for mail: content first, then one record. Whoever answers the sender answers after `accept`
 * resolved, and never before.
 */
export class Acceptance {
  private readonly inFlight = new Set<Promise<void>>();
  private readonly recipients: RecipientHasher;
  private closing = false;

  constructor(private readonly deps: AcceptanceDeps) {
    this.recipients = new RecipientHasher(deps.recipientKey);
  }

  /**
   * Resolves when content and acceptance are durable.
   *
   * Rejects once closing, and when a store or append failed: then the mail may or may not be accepted, and the sender
   * must be told to try again.
   */
  async accept(submission: Submission): Promise<void> {
    if (this.closing) throw new Error('ingest is stopping');
    const storing = this.store(submission);
    this.inFlight.add(storing);
    try {
      await storing;
    } finally {
      this.inFlight.delete(storing);
    }
  }

  /** Accepts nothing more; resolves when what was begun is settled. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.inFlight);
  }

  private async store(submission: Submission): Promise<void> {
    const prepared = submission.copies.map((copy, index) => this.prepare(submission, copy, index));
    const references = await this.deps.content.put([submission.body, ...prepared.map(({ blob }) => blob)]);
    const entries = prepared.map(({ entry }, i) => ({ ...entry, recipient: referenceAt(references, i + 1) }));
    const body = referenceAt(references, 0);
    const [only, ...others] = entries;
    if (only !== undefined && others.length === 0) await this.appendProcessed(submission, body, only);
    else await this.appendReceived(submission, body, entries);
  }

  private prepare(submission: Submission, copy: Copy, index: number): { entry: ManifestEntry; blob: Uint8Array } {
    const { mailbox, sendAt, mailFrom, eightBit, smtpUtf8, customArgs } = copy;
    const hash = this.recipients.hash(mailbox.address);
    const partition = choosePartition(hash.leading, this.deps.log.partitionCount(TOPICS.events), submission.class);
    const head = copy.head(formatDeliveryId({ messageId: submission.messageId, index, partition }));
    const stored = { mailFrom, address: mailbox.address, head, eightBit, smtpUtf8 };
    const blob = encodeRecipient(customArgs === undefined ? stored : { ...stored, customArgs });
    // The blob is a little longer than the head it holds: a size rounded up.
    const size = submission.body.length + blob.length;
    const entry = { index, partition, domain: mailbox.domain, recipientHash: hash.hex, sendAt, recipient: '', size };
    return { entry, blob };
  }

  private async appendProcessed(submission: Submission, body: string, entry: ManifestEntry): Promise<void> {
    const fact = processedFact({ ...submission, body, expanded: false }, entry);
    await this.deps.log.append([{ topic: TOPICS.events, partition: entry.partition, records: [fact] }]);
  }

  private async appendReceived(submission: Submission, body: string, entries: readonly ManifestEntry[]): Promise<void> {
    const [manifest] = await this.deps.content.put([encodeManifest(entries)]);
    const { log } = this.deps;
    const { messageId } = submission;
    const id = derivedId('received', messageId);
    const partition = Number.parseInt(id.slice(0, 8), 16) % log.partitionCount(TOPICS.submissions);
    const record = receivedRecord(submission, {
      id,
      partition,
      body,
      manifest: referenceAt([manifest ?? ''], 0),
      recipients: entries.length,
      partitionCount: log.partitionCount(TOPICS.events),
      size: entries.reduce((sum, entry) => sum + entry.size, 0),
    });
    await log.append([{ topic: TOPICS.submissions, partition, records: [record] }]);
  }
}

interface ReceivedParts {
  readonly id: string;
  readonly partition: number;
  readonly body: string;
  readonly manifest: string;
  readonly recipients: number;
  readonly partitionCount: number;
  readonly size: number;
}

function receivedRecord(submission: Submission, { id, partition, ...parts }: ReceivedParts): Received {
  const { messageId, tenant, traceparent, acceptedAt, pool, protocol, categories } = submission;
  return {
    id,
    type: 'received',
    version: 1,
    at: acceptedAt,
    partition,
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: {
      ...parts,
      class: submission.class,
      pool,
      acceptedAt,
      protocol,
      ...(categories === undefined ? {} : { categories }),
    },
  };
}

function referenceAt(references: readonly string[], index: number): string {
  const reference = references[index];
  if (reference === undefined || reference === '') throw new Error('the content store answered too few references');
  return reference;
}
