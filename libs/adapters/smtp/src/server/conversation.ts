/** One client's bytes in, replies out; sockets and time are somebody else's. */
import type { DoorOptions, SmtpAnswer, SubmissionHandlers } from '@penstock/ports';
import { FAREWELLS, line, REFUSALS } from './answers.ts';
import { DataReader } from './data-reader.ts';
import { type Channel, farewell, type Outcome, Session } from './session.ts';

/** Where replies go. */
export interface ReplyWriter {
  /** False where the client reads too slowly: `resume` is called when it has read. */
  write(text: string): boolean;
  /** Everything read so far is forgotten; whoever speaks next begins anew (RFC 3207 section 4.2). */
  startTls(): void;
  /** Closes once everything written is sent. Nothing more is read. */
  end(): void;
}

const LF = 10;
const CR = 13;
const UPPER_A = 65;
const LOWER_A = 97;
/** RFC 5321 section 4.5.3.1.4 asks for 512 octets, extensions for some 600 more; what is longer is senseless. */
const MAX_LINE = 4096;
/** RFC 4954 section 4. */
const MAX_AUTH_LINE = 12_288;
/** Replies are written when so many characters have gathered, or nothing more is to be read. */
const MAX_REPLIES = 16_384;

export class Conversation<Grant> {
  private readonly session: Session<Grant>;
  private input: Buffer | undefined;
  private at = 0;
  /** The rest of a line that is too long is passed over. */
  private skipping = false;
  private replies = '';
  private incoming: IncomingMessage<Grant> | undefined;
  private state: 'reading' | 'storing' | 'blocked' | 'ended' = 'reading';
  private stopping = false;
  private clientDone = false;

  constructor(
    private readonly options: DoorOptions,
    private readonly handlers: SubmissionHandlers<Grant>,
    channel: Channel,
    private readonly writer: ReplyWriter,
  ) {
    this.session = new Session(options, handlers, channel);
  }

  /** Whether the client waits for us: its silence is no idleness. */
  get owing(): boolean {
    return this.state === 'storing';
  }

  get ended(): boolean {
    return this.state === 'ended';
  }

  get authenticated(): boolean {
    return this.session.grant !== undefined;
  }

  /** Bytes read ahead of what could be answered. */
  get heldBytes(): number {
    return this.input === undefined ? 0 : this.input.length - this.at;
  }

  greet(): void {
    this.writer.write(`220 ${this.options.hostname} ESMTP Penstock\r\n`);
  }

  receive(chunk: Buffer): void {
    if (this.state === 'ended') return;
    this.input = this.input === undefined ? chunk : Buffer.concat([this.input.subarray(this.at), chunk]);
    this.at = 0;
    this.run();
  }

  /** The client reads again. */
  resume(): void {
    if (this.state !== 'blocked') return;
    this.state = 'reading';
    this.run();
  }

  /** The client sends no more; what it sent is still answered. */
  inputEnded(): void {
    this.clientDone = true;
    if (this.state === 'reading') this.run();
  }

  /** Says goodbye: at once, or when what was begun is answered. */
  stop(): void {
    this.stopping = true;
    if (this.state !== 'storing' && !this.incoming) this.leave(FAREWELLS.stopping);
  }

  /** Says goodbye at once, whatever is under way; a message being stored is still answered. */
  leave(answer: SmtpAnswer): void {
    if (this.state === 'ended' || this.state === 'storing') return;
    this.follow(farewell(answer));
    this.flush();
  }

  /** The connection is gone. A message being stored is stored all the same: the client may have sent all of it. */
  abandon(): void {
    if (this.state !== 'storing') this.incoming?.release();
    this.state = 'ended';
    this.input = undefined;
  }

  private run(): void {
    while (this.state === 'reading' && this.input !== undefined) {
      if (!(this.incoming ? this.readData(this.input, this.incoming) : this.readLine(this.input))) break;
      if (this.replies.length >= MAX_REPLIES) this.flush();
    }
    if (this.clientDone && this.state === 'reading') this.end();
    // What a message being stored will be answered goes out in the same write.
    if (this.state !== 'storing') this.flush();
  }

  /** Answers whether there may be more to read. */
  private readLine(input: Buffer): boolean {
    const end = input.indexOf(LF, this.at);
    if (end < 0) {
      if (input.length - this.at > MAX_AUTH_LINE) this.skipping = true;
      this.consume(this.skipping ? input.length : this.at);
      return false;
    }
    const start = this.at;
    // A bare LF ends a command too, as Postfix has it (smtpd_forbid_bare_newline = normalize); never data.
    const textEnd = end > start && input[end - 1] === CR ? end - 1 : end;
    const tooLong = this.skipping || textEnd - start > this.limit(input[start]);
    this.skipping = false;
    const outcome = tooLong ? this.session.lineTooLong() : this.session.command(input.toString('utf8', start, textEnd));
    this.consume(end + 1);
    this.follow(outcome);
    return true;
  }

  private limit(first: number | undefined): number {
    const auth = this.session.authenticating || first === UPPER_A || first === LOWER_A;
    return auth ? MAX_AUTH_LINE : MAX_LINE;
  }

  private readData(input: Buffer, incoming: IncomingMessage<Grant>): boolean {
    const next = incoming.push(input, this.at);
    this.consume(next < 0 ? input.length : next);
    if (next < 0) return false;
    if (incoming.refusal) this.answered(incoming, incoming.refusal);
    else this.store(incoming);
    return true;
  }

  private store(incoming: IncomingMessage<Grant>): void {
    const { session } = this;
    const { grant, transaction } = session;
    if (grant === undefined || !transaction) throw new Error('data without a transaction');
    this.state = 'storing';
    const { mailFrom, smtpUtf8 } = transaction;
    const envelope = { grant, mailFrom, recipients: [...transaction.recipients], smtpUtf8, protocol: session.protocol };
    this.handlers.message(envelope, incoming.content()).then(
      (answer) => this.stored(incoming, answer),
      () => this.stored(incoming, REFUSALS.internal),
    );
  }

  private stored(incoming: IncomingMessage<Grant>, answer: SmtpAnswer): void {
    incoming.release();
    if (this.state === 'ended') return;
    this.state = 'reading';
    this.answered(incoming, answer);
    this.run();
  }

  private answered(incoming: IncomingMessage<Grant>, answer: SmtpAnswer): void {
    incoming.release();
    this.incoming = undefined;
    this.session.messageEnded(answer.code < 300);
    this.replies += line(answer);
    if (this.stopping) this.follow(farewell(FAREWELLS.stopping));
  }

  private follow({ reply, next }: Outcome): void {
    this.replies += reply;
    if (next === 'data')
      this.incoming = new IncomingMessage(this.options, this.handlers, this.session.transaction?.size);
    else if (next === 'end') this.end();
    else if (next === 'tls') this.secure();
  }

  /** What was sent in plain text is never believed after TLS: RFC 3207 section 6, and STARTTLS injection. */
  private secure(): void {
    if (this.heldBytes > 0) {
      this.replies = '';
      this.follow(farewell(REFUSALS.afterStartTls));
      return;
    }
    this.flush();
    this.state = 'ended';
    this.writer.startTls();
  }

  private end(): void {
    if (this.state === 'ended') return;
    this.incoming?.release();
    this.incoming = undefined;
    this.input = undefined;
    this.state = 'ended';
    this.flush();
    this.writer.end();
  }

  private consume(to: number): void {
    this.at = to;
    if (this.input !== undefined && to >= this.input.length) {
      this.input = undefined;
      this.at = 0;
    }
  }

  private flush(): void {
    if (this.replies === '') return;
    const text = this.replies;
    this.replies = '';
    if (!this.writer.write(text) && this.state === 'reading') this.state = 'blocked';
  }
}

/** A message on its way in, within the limits. What is too much is read to its end, so that the reply can be read. */
class IncomingMessage<Grant> {
  refusal: SmtpAnswer | undefined;
  private readonly reader: DataReader;
  private reserved = 0;

  constructor(
    private readonly options: DoorOptions,
    private readonly handlers: SubmissionHandlers<Grant>,
    announced: number | undefined,
  ) {
    this.reader = new DataReader(announced);
  }

  push(chunk: Buffer, at: number): number {
    const { reader } = this;
    const before = reader.size;
    const next = reader.push(chunk, at);
    if (this.refusal) return next;
    const grown = reader.size - before;
    if (reader.size > this.options.maxMessageBytes) this.refuse(REFUSALS.tooLarge);
    else if (this.handlers.reserve(grown)) this.reserved += grown;
    else this.refuse(REFUSALS.noMemory);
    return next;
  }

  content() {
    return this.reader.content();
  }

  release(): void {
    this.handlers.release(this.reserved);
    this.reserved = 0;
  }

  private refuse(answer: SmtpAnswer): void {
    this.refusal = answer;
    this.reader.discard();
    this.release();
  }
}
