/**
 * An SMTP sink in a process of its own: takes everything as fast as one core can, and keeps for each message when it
 * arrived and how often. It finds the message's number in the recipient, and again in the last line of the content.
 *
 * Order: `sink.js PORTS MESSAGES SLOW_MS CHUNKING`; it reports its ports over IPC, and answers what it is asked there.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { machineMs } from './load-supply.ts';
import { DIGITS } from './load-template.ts';

export type SinkQuestion =
  | { readonly kind: 'report' }
  /** What came so far was before the run. */
  | { readonly kind: 'forget' }
  | { readonly kind: 'holds'; readonly messages: number };

export interface SinkReport {
  /** When each message arrived first, ms of the machine's monotonic clock; 0 where it never did. */
  readonly arrivedAt: Float64Array;
  /** Copies beyond the first. */
  readonly repeated: number;
  /** Content that belongs to another envelope, or that nobody sent. */
  readonly misplaced: number;
  readonly bytes: number;
  readonly connections: number;
}

const END_OF_DATA = Buffer.from('\r\n.\r\n');
const NOTHING = Buffer.alloc(0);
const LF = 10;
const NO_NUMBER = -1;
/** As much of a message that has not ended is kept as its end can need: its number and the final dot. */
const KEPT_BYTES = DIGITS + END_OF_DATA.length;
/** `BDAT 1234567890 LAST` */
const LONGEST_BDAT = 20;
/** `RCPT TO:<r` */
const NUMBER_AT = 10;

class Arrivals {
  readonly at: Float64Array;
  count = 0;
  repeated = 0;
  misplaced = 0;
  bytes = 0;
  connections = 0;
  private waiting: { readonly messages: number; readonly resolve: () => void } | undefined;

  constructor(messages: number) {
    this.at = new Float64Array(messages);
  }

  took(envelope: number, content: number, at: number): void {
    const before = this.at[envelope];
    if (before === undefined || envelope !== content) this.misplaced++;
    else if (before > 0) this.repeated++;
    else {
      this.at[envelope] = at;
      this.count++;
    }
    if (this.waiting && this.count >= this.waiting.messages) this.waiting.resolve();
  }

  forget(): void {
    this.at.fill(0);
    this.count = 0;
    this.bytes = 0;
  }

  holds(messages: number): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = { messages, resolve };
      if (this.count >= messages) resolve();
    });
  }
}

class Session {
  private carried: Buffer = NOTHING;
  private inData = false;
  /** Bytes of the chunk that is coming. */
  private chunk = 0;
  private envelope = NO_NUMBER;

  constructor(
    private readonly arrivals: Arrivals,
    private readonly chunking: boolean,
    private readonly answer: (replies: string) => void,
  ) {}

  feed(chunk: Buffer): void {
    const now = machineMs();
    const data = this.carried.length === 0 ? chunk : Buffer.concat([this.carried, chunk]);
    let at = 0;
    let replies = '';
    for (;;) {
      if (this.chunk > 0) {
        if (data.length - at < this.chunk) break;
        at += this.chunk;
        this.chunk = 0;
        this.arrivals.took(this.envelope, numberAt(data, at - 2 - DIGITS), now);
        replies += '250 2.0.0 taken\r\n';
      }
      const end = this.inData ? data.indexOf(END_OF_DATA, at) : data.indexOf(LF, at);
      if (end < 0) break;
      if (this.inData) {
        this.arrivals.took(this.envelope, numberAt(data, end - DIGITS), now);
        this.inData = false;
        replies += '250 2.0.0 taken\r\n';
        at = end + END_OF_DATA.length;
      } else {
        replies += this.command(data, at);
        at = end + 1;
      }
    }
    if (this.inData) at = Math.max(at, data.length - KEPT_BYTES);
    this.carried = at === data.length ? NOTHING : data.subarray(at);
    this.arrivals.bytes += chunk.length;
    if (replies !== '') this.answer(replies);
  }

  private command(data: Buffer, at: number): string {
    switch (String.fromCharCode(data[at] ?? 0)) {
      case 'E':
        return `250-sink\r\n250-PIPELINING\r\n${this.chunking ? '250-CHUNKING\r\n' : ''}250-8BITMIME\r\n250 SIZE 52428800\r\n`;
      case 'D':
        this.inData = true;
        return '354 go on\r\n';
      case 'B':
        // All of it, since the last line of a message is found at its end.
        this.chunk = Number.parseInt(data.toString('latin1', at + 'BDAT '.length, at + LONGEST_BDAT), 10);
        return '';
      case 'Q':
        return '221 2.0.0 bye\r\n';
      default:
        if (data[at] === 0x52 && data[at + 1] === 0x43) this.envelope = numberAt(data, at + NUMBER_AT);
        return '250 2.0.0 ok\r\n';
    }
  }
}

function numberAt(data: Buffer, at: number): number {
  let number = 0;
  for (let i = at; i < at + DIGITS; i++) {
    const digit = (data[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return NO_NUMBER;
    number = number * 10 + digit;
  }
  return number;
}

interface Manner {
  readonly slowMs: number;
  readonly chunking: boolean;
}

function serve(socket: Socket, arrivals: Arrivals, { slowMs, chunking }: Manner): void {
  const write = (replies: string) => {
    if (replies.endsWith('221 2.0.0 bye\r\n')) socket.end(replies);
    else socket.write(replies);
  };
  const session = new Session(
    arrivals,
    chunking,
    slowMs === 0 ? write : (replies) => void setTimeout(write, slowMs, replies),
  );
  arrivals.connections++;
  socket.on('data', (chunk) => session.feed(chunk));
  socket.on('error', () => socket.destroy());
  socket.write('220 sink ESMTP\r\n');
}

async function listen(arrivals: Arrivals, manner: Manner): Promise<number> {
  const server: Server = createServer({ noDelay: true }, (socket) => serve(socket, arrivals, manner));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

async function main([ports, messages, slowMs, chunking]: readonly number[]): Promise<void> {
  const arrivals = new Arrivals(messages ?? 0);
  process.on('message', (question: SinkQuestion) => {
    if (question.kind === 'holds') void arrivals.holds(question.messages).then(() => process.send?.({ holds: true }));
    else if (question.kind === 'forget') {
      arrivals.forget();
      process.send?.({ forgotten: true });
    } else {
      const { at: arrivedAt, repeated, misplaced, bytes, connections } = arrivals;
      process.send?.({ arrivedAt, repeated, misplaced, bytes, connections } satisfies SinkReport);
    }
  });
  process.on('disconnect', () => process.exit(0));
  const open = Array.from({ length: ports ?? 1 }, () =>
    listen(arrivals, { slowMs: slowMs ?? 0, chunking: chunking === 1 }),
  );
  process.send?.({ ports: await Promise.all(open) });
}

await main(process.argv.slice(2).map(Number));
