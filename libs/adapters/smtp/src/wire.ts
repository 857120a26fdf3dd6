import { type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { contentSize } from './data-encoding.ts';
import { type RawReply, ReplyError, ReplyReader } from './reply-reader.ts';

export type WireFailure = 'closed' | 'timeout' | 'protocol';

/** The connection is of no more use. */
export class WireError extends Error {
  override readonly name = 'WireError';
  constructor(
    readonly failure: WireFailure,
    message: string,
    /** errno of the socket, if it gave one. */
    readonly code?: string,
  ) {
    super(message);
  }
}

interface Waiter {
  resolve(reply: RawReply): void;
  reject(error: WireError): void;
}

/**
 * A socket that speaks in replies: one reader, one waiter, one timer for its whole life. A connection that fails
 * still hands out the replies that arrived before.
 */
export class Wire {
  /** Resolves when the socket is closed. */
  readonly closed: Promise<void>;
  private socket: Socket | TLSSocket;
  private reader = new ReplyReader();
  private replies: RawReply[] = [];
  private waiter: Waiter | undefined;
  private failure: WireError | undefined;
  private socketError: NodeJS.ErrnoException | undefined;
  private peerEnded = false;
  private deadline = Number.POSITIVE_INFINITY;
  private gathered: Uint8Array[] = [];
  private heardAt = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Number.POSITIVE_INFINITY;

  /** `socket` is connected. */
  constructor(private readonly raw: Socket) {
    this.socket = raw;
    this.closed = new Promise((resolve) => raw.once('close', () => resolve()));
    this.attach(raw);
  }

  /** Whether a command can be expected to reach the peer. */
  get open(): boolean {
    return this.failure === undefined && !this.peerEnded;
  }

  /** Whether the peer has sent something nobody has asked for yet. */
  get ahead(): boolean {
    return this.replies.length > 0 || this.reader.partial;
  }

  get encrypted(): boolean {
    return this.socket !== this.raw;
  }

  /** How long the peer has said nothing, ms. */
  get silentMs(): number {
    return performance.now() - this.heardAt;
  }

  write(text: string): void {
    if (!this.open) return;
    this.flush();
    this.socket.write(text, 'utf8');
  }

  /** All pieces in one write; `flushed` is called once the system has taken the last byte. */
  writeAll(pieces: readonly Uint8Array[], flushed: () => void): void {
    if (!this.open) return;
    this.gathered.push(...pieces);
    this.flush(flushed);
  }

  /** To be written with all else that is gathered until nothing more can happen without the event loop. */
  gather(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 0 || !this.open) return;
    if (this.gathered.length === 0) process.nextTick(() => this.flush());
    this.gathered.push(...pieces);
  }

  private flush(flushed?: () => void): void {
    const all = this.gathered;
    if (all.length === 0 || !this.open) return;
    this.gathered = [];
    const told = flushed && ((error?: Error | null) => (error ? undefined : flushed()));
    const size = contentSize(all);
    if (size <= GATHERED_BYTES) {
      this.socket.write(Buffer.concat(all, size), told);
      return;
    }
    this.socket.cork();
    const last = all.length - 1;
    for (let at = 0; at < last; at++) this.socket.write(all[at] as Uint8Array);
    this.socket.write(all[last] as Uint8Array, told);
    this.socket.uncork();
  }

  /** The next reply. Rejects with WireError once the connection has failed, or after `timeoutMs` without one. */
  reply(timeoutMs: number): Promise<RawReply> {
    const ready = this.replies.shift();
    if (ready) return Promise.resolve(ready);
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => {
      this.waiter = { resolve, reject };
      this.extend(timeoutMs);
    });
  }

  /** Counts the wait for the reply that is awaited, if one is, from now on. */
  extend(timeoutMs: number): void {
    if (!this.waiter) return;
    const now = performance.now();
    this.deadline = now + timeoutMs;
    if (this.deadline >= this.timerAt) return;
    clearTimeout(this.timer);
    this.arm(now);
  }

  /** Speaks TLS from here on. Rejects with WireError; what was buffered in plain text is an error, never believed. */
  async upgrade(servername: string | undefined, verify: boolean, timeoutMs: number): Promise<string> {
    if (this.ahead) throw this.fail(new WireError('protocol', 'bytes after the reply to STARTTLS'));
    this.raw.removeAllListeners('data');
    const secure = connectTls({ socket: this.raw, rejectUnauthorized: verify, ...(servername ? { servername } : {}) });
    this.socket = secure;
    this.attach(secure);
    await new Promise<void>((resolve, reject) => {
      this.waiter = { resolve: () => reject(new WireError('protocol', 'reply during the TLS handshake')), reject };
      this.extend(timeoutMs);
      secure.once('secureConnect', () => {
        this.waiter = undefined;
        this.deadline = Number.POSITIVE_INFINITY;
        resolve();
      });
    });
    return secure.getProtocol() ?? 'TLS';
  }

  /** Sends what was written, then closes. */
  finish(): void {
    this.flush();
    this.fail(new WireError('closed', 'connection closed by us'));
    this.socket.destroySoon();
  }

  destroy(): void {
    this.fail(new WireError('closed', 'connection closed by us'));
    this.socket.destroy();
    this.raw.destroy();
  }

  private attach(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
    socket.on('error', (error) => {
      this.socketError ??= error;
    });
    socket.on('end', () => {
      this.peerEnded = true;
    });
    // Not on 'end': by 'close' every write has told whether the system took it.
    socket.on('close', () => {
      const code = this.socketError?.code;
      this.fail(new WireError('closed', this.socketError?.message ?? 'connection closed by peer', code));
      this.raw.destroy();
      clearTimeout(this.timer);
    });
  }

  private receive(chunk: Buffer): void {
    this.heardAt = performance.now();
    let replies: readonly RawReply[];
    try {
      replies = this.reader.push(chunk);
    } catch (error) {
      this.fail(new WireError('protocol', error instanceof ReplyError ? error.message : String(error)));
      this.raw.destroy();
      return;
    }
    for (const reply of replies) this.hand(reply);
    if (this.replies.length > MAX_UNASKED) {
      this.fail(new WireError('protocol', 'more replies than commands'));
      this.raw.destroy();
    }
  }

  private hand(reply: RawReply): void {
    const waiter = this.waiter;
    if (!waiter) {
      this.replies.push(reply);
      return;
    }
    this.waiter = undefined;
    this.deadline = Number.POSITIVE_INFINITY;
    waiter.resolve(reply);
  }

  private fail(error: WireError): WireError {
    if (this.failure) return this.failure;
    this.failure = error;
    this.waiter?.reject(error);
    this.waiter = undefined;
    return error;
  }

  private arm(now: number): void {
    this.timerAt = this.deadline;
    this.timer = setTimeout(() => this.expire(), Math.max(1, Math.ceil(this.deadline - now)));
  }

  private expire(): void {
    this.timerAt = Number.POSITIVE_INFINITY;
    if (this.deadline === Number.POSITIVE_INFINITY || this.failure) return;
    const now = performance.now();
    if (now < this.deadline) {
      this.arm(now);
      return;
    }
    this.fail(new WireError('timeout', 'no reply in time', 'ETIMEDOUT'));
    this.socket.destroy();
    this.raw.destroy();
  }
}

/** To copy so much costs less than to hand several pieces to the system. */
const GATHERED_BYTES = 80 * 1024;

/** A transaction of a hundred recipients awaits 104 replies; more than this were never asked for. */
const MAX_UNASKED = 1100;
