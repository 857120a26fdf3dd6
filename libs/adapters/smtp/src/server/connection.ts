/** A client's socket, plain or TLS, behind one conversation. */
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { DoorOptions, SmtpAnswer, SubmissionHandlers } from '@penstock/ports';
import { FAREWELLS } from './answers.ts';
import { Conversation, type ReplyWriter } from './conversation.ts';

/** Read ahead of what is answered; then the client waits. */
const MAX_HELD_BYTES = 65_536;
/** RFC 5321 section 4.5.3.2.7: a server waits at least five minutes for the next command. */
const IDLE_MS = 300_000;
/** Nobody keeps a place without a key for longer, however busy. */
const AUTHENTICATE_WITHIN_MS = 300_000;
/** TLS handshake, and the first command. */
const BEGIN_WITHIN_MS = 60_000;
/** After our last word the client gets this long to close. */
const LINGER_MS = 5_000;

/** What a connection needs to know of its door. */
export interface Doorway<Grant> {
  readonly options: DoorOptions;
  readonly handlers: SubmissionHandlers<Grant>;
  /** The certificate of now; undefined where there is none. */
  secureContext(): SecureContext | undefined;
  /** Coarse time, ms: it advances when the door looks after its connections. */
  readonly now: number;
  failed(code: string | undefined): void;
  closed(connection: Connection<Grant>): void;
}

export interface ConnectionKind {
  readonly implicitTls: boolean;
  readonly offersTls: boolean;
  /** Keys are taken without TLS. */
  readonly trusted: boolean;
}

export class Connection<Grant> implements ReplyWriter {
  private socket: Socket;
  private conversation: Conversation<Grant> | undefined;
  private readonly openedAt: number;
  private heardAt: number;
  private heard = false;
  private paused = false;
  private stopping = false;
  /** Takes the listeners of the conversation off its socket. */
  private silence: () => void = () => {};

  constructor(
    private readonly raw: Socket,
    private readonly door: Doorway<Grant>,
    private readonly kind: ConnectionKind,
  ) {
    this.socket = raw;
    this.openedAt = door.now;
    this.heardAt = door.now;
    raw.on('close', () => this.gone());
    // A connection that fails is its client's trouble.
    raw.on('error', (error: NodeJS.ErrnoException) => door.failed(error.code));
    if (kind.implicitTls) this.handshake();
    else this.begin(false);
  }

  write(text: string): boolean {
    this.heardAt = this.door.now;
    const ready = this.socket.write(text, 'latin1');
    if (ready) this.unpause();
    return ready;
  }

  startTls(): void {
    this.heardAt = this.door.now;
    this.silence();
    this.conversation = undefined;
    this.heard = false;
    this.handshake();
  }

  end(): void {
    this.heardAt = this.door.now;
    this.socket.end();
  }

  /** Ends it politely: at once, or when what was begun is answered. */
  stop(): void {
    this.stopping = true;
    if (this.conversation) this.conversation.stop();
    else this.raw.destroy();
  }

  /** Ends it but for a message that is being stored. */
  leave(answer: SmtpAnswer): void {
    if (this.conversation) this.conversation.leave(answer);
    else this.raw.destroy();
  }

  /** Looks whether the client has been waited for long enough. */
  checkTime(now: number): void {
    const { conversation } = this;
    const silentMs = now - this.heardAt;
    if (!conversation) {
      if (silentMs >= BEGIN_WITHIN_MS) this.raw.destroy();
    } else if (conversation.ended) {
      if (silentMs >= LINGER_MS) this.raw.destroy();
    } else if (!conversation.owing) {
      const tooLong = silentMs >= (this.heard ? IDLE_MS : BEGIN_WITHIN_MS);
      const noKey = !conversation.authenticated && now - this.openedAt >= AUTHENTICATE_WITHIN_MS;
      if (tooLong || noKey) conversation.leave(FAREWELLS.idle);
    }
  }

  private handshake(): void {
    const secureContext = this.door.secureContext();
    if (!secureContext) {
      this.raw.destroy();
      return;
    }
    const secure = new TLSSocket(this.raw, { isServer: true, secureContext });
    secure.on('error', (error: NodeJS.ErrnoException) => {
      this.door.failed(error.code);
      this.raw.destroy();
    });
    secure.on('close', () => this.raw.destroy());
    secure.once('secure', () => {
      this.socket = secure;
      this.begin(true);
    });
  }

  private begin(secure: boolean): void {
    const { socket, door, kind } = this;
    const conversation = new Conversation(door.options, door.handlers, this.channel(secure), this);
    this.conversation = conversation;
    const onData = (chunk: Buffer) => this.receive(conversation, chunk);
    const onEnd = () => conversation.inputEnded();
    const onDrain = () => {
      conversation.resume();
      if (!socket.writableNeedDrain) this.unpause();
    };
    socket.on('data', onData).on('end', onEnd).on('drain', onDrain);
    this.silence = () => socket.off('data', onData).off('end', onEnd).off('drain', onDrain);
    // RFC 3207 section 4.2: no second greeting after STARTTLS.
    if (!secure || kind.implicitTls) conversation.greet();
    if (this.stopping) conversation.stop();
  }

  private channel(secure: boolean) {
    const canSecure = !secure && this.door.secureContext() !== undefined;
    const mayAuthenticate = secure || this.kind.trusted;
    return { secure, canSecure, offersTls: canSecure && this.kind.offersTls, mayAuthenticate };
  }

  private receive(conversation: Conversation<Grant>, chunk: Buffer): void {
    this.heardAt = this.door.now;
    this.heard = true;
    conversation.receive(chunk);
    if (conversation.heldBytes >= MAX_HELD_BYTES) {
      this.paused = true;
      this.socket.pause();
    }
  }

  private unpause(): void {
    if (!this.paused) return;
    this.paused = false;
    this.socket.resume();
  }

  private gone(): void {
    this.conversation?.abandon();
    this.door.closed(this);
  }
}
