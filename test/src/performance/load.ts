/**
 * A load generator in a process of its own: submits messages over SMTP on several sessions, one transaction at a time
 * per session with its commands pipelined, and reports when each was acknowledged.
 */
import { connect, type Socket } from 'node:net';

export interface LoadOrder {
  readonly port: number;
  readonly apiKey: string;
  readonly messages: number;
  readonly bytes: number;
  readonly domains: number;
  readonly sessions: number;
}

const filler = `${'The quick brown fox jumps over the lazy dog, and then it does it again.'.padEnd(76, '.')}\r\n`;

function content(order: LoadOrder, marker: string): string {
  const head = `X-Marker: ${marker}\r\nFrom: load@example.com\r\nTo: sink@example.com\r\nSubject: load\r\n\r\n`;
  return head + filler.repeat(Math.max(1, Math.ceil((order.bytes - head.length) / filler.length)));
}

/** Reads replies off a socket, one promise at a time. */
class Replies {
  private text = '';
  private readonly waiting: ((reply: string) => void)[] = [];

  constructor(socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.feed(chunk));
  }

  next(): Promise<string> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.drain();
    });
  }

  private feed(chunk: string): void {
    this.text += chunk;
    this.drain();
  }

  private drain(): void {
    while (this.waiting.length > 0) {
      const match = /^(?:\d{3}-[^\n]*\n)*\d{3}(?: [^\n]*)?\r\n/.exec(this.text);
      if (!match) return;
      this.text = this.text.slice(match[0].length);
      this.waiting.shift()?.(match[0]);
    }
  }
}

async function expect(replies: Replies, code: string): Promise<void> {
  const reply = await replies.next();
  if (!reply.startsWith(code)) throw new Error(`expected ${code}, got ${reply.trim()}`);
}

async function session(order: LoadOrder, take: () => number | undefined, acknowledged: Map<string, number>) {
  const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
  const replies = new Replies(socket);
  await expect(replies, '220');
  socket.write('EHLO load\r\n');
  await expect(replies, '250');
  const credentials = Buffer.from(`\0apikey\0${order.apiKey}`).toString('base64');
  socket.write(`AUTH PLAIN ${credentials}\r\n`);
  await expect(replies, '235');
  for (let n = take(); n !== undefined; n = take()) {
    const marker = `m${n}`;
    socket.write(`MAIL FROM:<load@example.com>\r\nRCPT TO:<r${n}@d${n % order.domains}.example>\r\nDATA\r\n`);
    await expect(replies, '250');
    await expect(replies, '250');
    await expect(replies, '354');
    socket.write(`${content(order, marker)}.\r\n`);
    const sentAt = Date.now();
    await expect(replies, '250');
    acknowledged.set(marker, sentAt);
  }
  socket.end('QUIT\r\n');
}

async function run(order: LoadOrder): Promise<void> {
  let n = 0;
  const take = () => (n < order.messages ? n++ : undefined);
  const acknowledged = new Map<string, number>();
  const startedAt = Date.now();
  await Promise.all(Array.from({ length: order.sessions }, () => session(order, take, acknowledged)));
  process.send?.({ startedAt, endedAt: Date.now(), acknowledged: [...acknowledged] });
}

process.on('message', (order: LoadOrder) => {
  run(order).catch((error: unknown) => {
    process.send?.({ error: String(error) });
  });
});
process.on('disconnect', () => process.exit(0));
