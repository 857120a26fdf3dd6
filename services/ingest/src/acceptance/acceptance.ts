import type { SuppressionCheck } from '@penstock/directory';
import {
  acceptedTraceparent,
  choosePartition,
  formatDeliveryId,
  type Protocol,
  type SuppressionReason,
  TOPICS,
  type TrafficClass,
} from '@penstock/events';
import {
  encodeManifest,
  encodeRecipient,
  type Mailbox,
  messageIdHeader,
  RecipientBlobs,
  type RecipientEntry,
  type StoredRecipient,
} from '@penstock/mail';
import type { ContentStore, EventLog, Timers } from '@penstock/ports';
import { RecipientHasher, returnPathAddress } from '@penstock/sealing';
import { processedFact } from './processed.ts';
import { type Keyed, receivedRecord } from './received.ts';
import { withDrop } from './suppressed.ts';

/** A message and everybody who gets it, checked and ready to be stored. */
export interface Submission {
  readonly messageId: string;
  readonly tenant: string;
  readonly class: TrafficClass;
  readonly pool: string;
  readonly protocol: Protocol;
  readonly acceptedAt: number;
  /** Header lines of every copy. */
  readonly head: string;
  /** Each copy gets a Message-ID of its delivery's id at this domain, unless its head brings one. */
  readonly messageIdDomain?: string;
  /** What follows each recipient's head, or a template of it; shared by all. */
  readonly body: Uint8Array;
  /** At least one. */
  readonly copies: readonly Copy[];
  readonly categories?: readonly string[];
  /** Sent although the recipient may be suppressed for one of these reasons. */
  readonly bypass?: readonly SuppressionReason[];
  readonly traceparent?: string;
  /** Host that takes the bounces: each delivery then has an envelope sender of its own, unless it has none at all. */
  readonly returnPath?: string;
}

/** One recipient's copy. */
export interface Copy extends Omit<StoredRecipient, 'address'> {
  readonly mailbox: Mailbox;
  /** ms since the epoch */
  readonly sendAt: number;
  /** Its neighbours among the copies have the same head. */
  readonly sharesHead: boolean;
  /** Its head brings a Message-ID. */
  readonly ownMessageId: boolean;
  /** Bytes of its body, rounded up, where they are not those of the shared one. */
  readonly bodyBytes?: number;
}

/** Where a submission lies in the log. */
export interface Received {
  readonly partition: number;
  readonly offset: number;
}

export interface AcceptanceDeps {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly timers: Timers;
  readonly recipientKey: Uint8Array;
  /** Signs the envelope senders made here: the same in every process and for ever. */
  readonly returnPathKey: Uint8Array;
  /** Share of messages that are traced, 0 to 1; none if absent, but those whose caller traces them. */
  readonly traceRatio?: number | undefined;
  readonly suppressions: SuppressionCheck;
}

/** Recipients prepared before others get their turn: one or two milliseconds. */
const RECIPIENTS_A_TURN = 200;

/**
 * Takes responsibility for mail: content first, then one record. Whoever answers the sender answers after `accept`
 * resolved, and never before.
 */
export class Acceptance {
  private readonly inFlight = new Set<Promise<unknown>>();
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
    const [only, ...others] = submission.copies;
    const one = only !== undefined && others.length === 0;
    const traced = this.traced(submission);
    const storing: Promise<unknown> = one ? this.storeOne(traced, only) : this.storeSeveral(traced);
    await this.finish(storing);
  }

  /**
   * As `accept`, but whatever the number of recipients as one `received`, which names the key: whether it is the first
   * with that key, and so the one that counts, is seen when it is read back.
   */
  async acceptKeyed(submission: Submission, keyed: Keyed): Promise<Received> {
    return this.finish(this.storeSeveral(this.traced(submission), keyed));
  }

  /** Accepts nothing more; resolves when what was begun is settled. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.allSettled(this.inFlight);
  }

  /** Whether a message is sampled is decided here and travels with its records. */
  private traced(submission: Submission): Submission {
    const { traceRatio = 0 } = this.deps;
    const { messageId } = submission;
    const traceparent = acceptedTraceparent(messageId, submission.traceparent, traceRatio);
    return traceparent === submission.traceparent ? submission : { ...submission, traceparent };
  }

  private async finish<T>(storing: Promise<T>): Promise<T> {
    this.inFlight.add(storing);
    try {
      return await storing;
    } finally {
      this.inFlight.delete(storing);
    }
  }

  private async storeOne(submission: Submission, copy: Copy): Promise<void> {
    this.mustBeOpen();
    const { mailbox, eightBit, smtpUtf8, customArgs, substitutions } = copy;
    const entry = this.entry(submission, copy, 0);
    const { messageId, body } = submission;
    const head = headOf(submission, copy, formatDeliveryId({ messageId, index: 0, partition: entry.partition }));
    const extras = { ...(customArgs && { customArgs }), ...(substitutions && { substitutions }) };
    const blob = encodeRecipient({
      mailFrom: entry.mailFrom,
      address: mailbox.address,
      head,
      eightBit,
      smtpUtf8,
      ...extras,
    });
    const [bodyReference = '', reference = ''] = await this.deps.content.put([body, blob]);
    const message = { ...submission, body: named(bodyReference), expanded: false };
    const fact = processedFact(message, entry, named(reference));
    const records = withDrop(fact, this.deps.suppressions, submission.acceptedAt);
    await this.deps.log.append([{ topic: TOPICS.events, partition: fact.partition, records }]);
  }

  private async storeSeveral(submission: Submission, keyed?: Keyed): Promise<Received> {
    this.mustBeOpen();
    const { content, log } = this.deps;
    const { blobs, bytes } = await this.recipientBlobs(submission);
    const [body = '', ...references] = await content.put([submission.body, ...blobs]);
    const [manifest = ''] = await content.put([encodeManifest(references.map(named))]);
    const record = receivedRecord(submission, {
      body: named(body),
      manifest: named(manifest),
      recipients: submission.copies.length,
      partitionCount: log.partitionCount(TOPICS.events),
      submissionPartitions: log.partitionCount(TOPICS.submissions),
      size: bytes,
      keyed,
    });
    const { partition } = record;
    const [receipt] = await log.append([{ topic: TOPICS.submissions, partition, records: [record] }]);
    if (!receipt) throw new Error('the log answered without an offset');
    return { partition, offset: receipt.offset };
  }

  /** Prepared in turns, so that a submission of a thousand does not keep one of one recipient waiting. */
  private async recipientBlobs(
    submission: Submission,
  ): Promise<{ readonly blobs: readonly Uint8Array[]; readonly bytes: number }> {
    const { copies } = submission;
    const [{ mailFrom, sendAt, eightBit } = { mailFrom: '', sendAt: 0, eightBit: false }] = copies;
    const { messageId, head, messageIdDomain } = submission;
    const shared = { messageId, mailFrom, head, sendAt, eightBit, ...(messageIdDomain && { messageIdDomain }) };
    const blobs = new RecipientBlobs(shared);
    let bytes = 0;
    for (const [index, copy] of copies.entries()) {
      if (index > 0 && index % RECIPIENTS_A_TURN === 0) await this.deps.timers.sleep(0);
      const entry = this.entry(submission, copy, index);
      bytes += entry.size;
      blobs.add(entry, copy.sharesHead);
    }
    return { blobs: blobs.finish(), bytes };
  }

  private entry(submission: Submission, copy: Copy, index: number): RecipientEntry {
    const { mailbox, sendAt, head, eightBit, smtpUtf8, ownMessageId, customArgs, substitutions } = copy;
    const { hex, leading } = this.recipients.hash(mailbox.address);
    const bodyBytes = copy.bodyBytes ?? submission.body.length;
    const partition = choosePartition(leading, this.deps.log.partitionCount(TOPICS.events), submission.class);
    return {
      address: mailbox.address,
      index,
      partition,
      recipientHash: hex,
      size: bodyBytes + (eightBit ? 3 : 1) * (submission.head.length + head.length) + MESSAGE_ID_BYTES,
      head,
      sendAt,
      mailFrom: this.envelopeSender(submission, copy.mailFrom, index, partition),
      eightBit,
      smtpUtf8,
      ownMessageId,
      ...(customArgs && { customArgs }),
      ...(substitutions && { substitutions }),
    };
  }

  /** Stored with the copy, so that it is the same on every attempt. A null sender wants no bounces. */
  private envelopeSender(submission: Submission, mailFrom: string, index: number, partition: number): string {
    const { messageId, returnPath } = submission;
    if (returnPath === undefined || mailFrom === '') return mailFrom;
    return returnPathAddress(this.deps.returnPathKey, formatDeliveryId({ messageId, index, partition }), returnPath);
  }

  private mustBeOpen(): void {
    if (this.closing) throw new Error('ingest is stopping');
  }
}

/** All header lines of one copy, for a delivery of this id. */
export function headOf(
  { head, messageIdDomain }: Pick<Submission, 'head' | 'messageIdDomain'>,
  copy: Pick<Copy, 'head' | 'ownMessageId'>,
  deliveryId: string,
): string {
  const own = copy.ownMessageId || messageIdDomain === undefined ? '' : messageIdHeader(deliveryId, messageIdDomain);
  return `${head}${copy.head}${own}`;
}

/** More than a Message-ID field of the longest delivery id and domain. */
const MESSAGE_ID_BYTES = 384;

function named(reference: string): string {
  if (reference === '') throw new Error('the content store answered too few references');
  return reference;
}
