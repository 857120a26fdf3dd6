/**
 * Many recipients of one submission in one blob: a line of JSON with what they share, then a line for each with what
 * differs, so that a thousand of them cost little more than their addresses. A reader of one needs two lines; the blobs
 * are kept small enough to be read for one.
 */
import { messageIdHeader } from './headers.ts';
import type { StoredRecipient } from './stored-mail.ts';

/** What all recipients of a submission have in common. */
export interface SharedByRecipients {
  readonly messageId: string;
  readonly mailFrom: string;
  /** Header lines of all, before each one's own. */
  readonly head: string;
  /** Each delivery gets a Message-ID of its own id at this domain, unless it brought one. */
  readonly messageIdDomain?: string;
  /** ms since the epoch */
  readonly sendAt: number;
  readonly eightBit: boolean;
}

/** One recipient, and what a delivery to it is made of. */
export interface RecipientEntry {
  readonly address: string;
  readonly index: number;
  readonly partition: number;
  readonly recipientHash: string;
  /** Bytes of the rendered message, rounded up. */
  readonly size: number;
  /** Header lines of its own. */
  readonly head: string;
  /** ms since the epoch */
  readonly sendAt: number;
  readonly mailFrom: string;
  readonly eightBit: boolean;
  readonly smtpUtf8: boolean;
  /** Its head brings a Message-ID. */
  readonly ownMessageId: boolean;
  readonly customArgs?: Readonly<Record<string, string>>;
  readonly substitutions?: Readonly<Record<string, string>>;
}

/** Only what is not as in the shared line. */
interface Extras {
  readonly sendAt?: number;
  readonly mailFrom?: string;
  readonly eightBit?: boolean;
  readonly smtpUtf8?: true;
  readonly ownMessageId?: true;
  readonly customArgs?: Readonly<Record<string, string>>;
  readonly substitutions?: Readonly<Record<string, string>>;
}

/** The head is a text, or the place of one among those that several recipients of the blob share. */
type Line = readonly [
  address: string,
  index: number,
  partition: number,
  recipientHash: string,
  size: number,
  head: string | number,
  extras?: Extras,
];

interface SharedLine extends SharedByRecipients {
  readonly heads: readonly string[];
}

/** Characters after which a blob is closed: some two hundred recipients. */
const BLOB_LENGTH = 32 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const LF = 10;

/** Makes the blobs, recipient by recipient, in the order of their indexes. */
export class RecipientBlobs {
  private readonly done: Uint8Array[] = [];
  private lines: string[] = [];
  private heads: string[] = [];
  private length = 0;
  /** The head of the entry before: a personalization's recipients follow each other and share theirs. */
  private lastHead: string | undefined;

  constructor(private readonly shared: SharedByRecipients) {}

  /** Bytes so far, about. */
  get bytes(): number {
    return this.done.reduce((sum, { length }) => sum + length, this.length);
  }

  /** `sharesHead` says that entries before or after it have the same head. */
  add(entry: RecipientEntry, sharesHead: boolean): void {
    const { address, index, partition, recipientHash, size } = entry;
    const head = sharesHead ? this.placeOf(entry.head) : entry.head;
    const extras = extrasOf(entry, this.shared);
    const line: Line = extras
      ? [address, index, partition, recipientHash, size, head, extras]
      : [address, index, partition, recipientHash, size, head];
    const text = JSON.stringify(line);
    this.lines.push(text);
    this.length += text.length + 1;
    if (this.length >= BLOB_LENGTH) this.close();
  }

  /** All blobs; nothing may be added afterwards. */
  finish(): readonly Uint8Array[] {
    if (this.lines.length > 0) this.close();
    return this.done;
  }

  private placeOf(head: string): number {
    if (head !== this.lastHead || this.heads.length === 0) {
      this.heads.push(head);
      this.length += head.length;
      this.lastHead = head;
    }
    return this.heads.length - 1;
  }

  private close(): void {
    const shared: SharedLine = { ...this.shared, heads: this.heads };
    this.done.push(encoder.encode(`${JSON.stringify(shared)}\n${this.lines.join('\n')}\n`));
    this.lines = [];
    this.heads = [];
    this.length = 0;
  }
}

function extrasOf(entry: RecipientEntry, shared: SharedByRecipients): Extras | undefined {
  const { sendAt, mailFrom, eightBit, smtpUtf8, ownMessageId, customArgs, substitutions } = entry;
  const plain = !smtpUtf8 && !ownMessageId && customArgs === undefined && substitutions === undefined;
  if (plain && sendAt === shared.sendAt && mailFrom === shared.mailFrom && eightBit === shared.eightBit) return;
  return {
    ...(sendAt === shared.sendAt ? {} : { sendAt }),
    ...(mailFrom === shared.mailFrom ? {} : { mailFrom }),
    ...(eightBit === shared.eightBit ? {} : { eightBit }),
    ...(smtpUtf8 ? { smtpUtf8: true as const } : {}),
    ...(ownMessageId ? { ownMessageId: true as const } : {}),
    ...(customArgs === undefined ? {} : { customArgs }),
    ...(substitutions === undefined ? {} : { substitutions }),
  };
}

/** What a `processed` fact needs to know of a recipient. */
export interface ListedRecipient {
  readonly address: string;
  readonly index: number;
  readonly partition: number;
  readonly recipientHash: string;
  readonly size: number;
  readonly sendAt: number;
  /** Where it lies in its blob, in bytes. */
  readonly start: number;
  readonly length: number;
}

/** @throws SyntaxError or TypeError if the blob is not one of recipients. */
export function listRecipients(blob: Uint8Array): readonly ListedRecipient[] {
  const text = decoder.decode(blob);
  // One array of all lines parses faster than each alone; JSON holds no line end of its own.
  const parsed = JSON.parse(`[${text.trimEnd().replaceAll('\n', ',')}]`) as readonly unknown[];
  const { sendAt } = parsed[0] as SharedLine;
  let start = blob.indexOf(LF) + 1;
  return (parsed.slice(1) as readonly Line[]).map(([address, index, partition, recipientHash, size, , extras]) => {
    const from = start;
    const end = blob.indexOf(LF, from);
    start = end + 1;
    return {
      address,
      index,
      partition,
      recipientHash,
      size,
      sendAt: extras?.sendAt ?? sendAt,
      start: from,
      length: end - from,
    };
  });
}

/** @throws SyntaxError or TypeError if no recipient lies there. */
export function recipientAt(blob: Uint8Array, start: number, length: number): StoredRecipient {
  const shared = JSON.parse(decoder.decode(blob.subarray(0, Math.max(0, blob.indexOf(LF))))) as SharedLine;
  const line = JSON.parse(decoder.decode(blob.subarray(start, start + length))) as Line;
  const [address, index, partition, , , ownHead, extras = {}] = line;
  const own = typeof ownHead === 'number' ? shared.heads[ownHead] : ownHead;
  if (typeof address !== 'string' || own === undefined) throw new TypeError('the blob holds no recipient there');
  const messageId =
    shared.messageIdDomain === undefined || extras.ownMessageId
      ? ''
      : messageIdHeader(`${shared.messageId}.${index}.${partition}`, shared.messageIdDomain);
  return {
    mailFrom: extras.mailFrom ?? shared.mailFrom,
    address,
    head: `${shared.head}${own}${messageId}`,
    eightBit: extras.eightBit ?? shared.eightBit,
    smtpUtf8: extras.smtpUtf8 ?? false,
    ...(extras.customArgs === undefined ? {} : { customArgs: extras.customArgs }),
    ...(extras.substitutions === undefined ? {} : { substitutions: extras.substitutions }),
  };
}
