/**
 * An SMTP sink in a process of its own: accepts everything as fast as one core can, offers PIPELINING, and keeps the
 * marker line (`X-Marker: …`) and the arrival time of each message. Asked over IPC, it answers with what it holds.
 */
import { createServer, type Socket } from 'node:net';

interface Arrival {
  readonly marker: string;
  readonly at: number;
}

const arrivals: Arrival[] = [];
const END_OF_DATA = Buffer.from('\r\n.\r\n');
const CRLF = Buffer.from('\r\n');

class Session {
  private buffered: Buffer = Buffer.alloc(0);
  private inData = false;

  constructor(private readonly socket: Socket) {}

  feed(chunk: Buffer): void {
    this.buffered = this.buffered.length === 0 ? chunk : Buffer.concat([this.buffered, chunk]);
    let replies = '';
    for (;;) {
      const reply = this.inData ? this.message() : this.command();
      if (reply === undefined) break;
      replies += reply;
    }
    if (replies !== '') this.socket.write(replies);
  }

  private message(): string | undefined {
    const end = this.buffered.indexOf(END_OF_DATA);
    if (end < 0) return undefined;
    const head = this.buffered.toString('latin1', 0, Math.min(end, 2048));
    const marker = /^X-Marker: (\S+)/im.exec(head)?.[1] ?? '';
    arrivals.push({ marker, at: Date.now() });
    this.buffered = this.buffered.subarray(end + END_OF_DATA.length);
    this.inData = false;
    return '250 2.0.0 taken\r\n';
  }

  private command(): string | undefined {
    const end = this.buffered.indexOf(CRLF);
    if (end < 0) return undefined;
    const verb = this.buffered.toString('latin1', 0, Math.min(4, end)).toUpperCase();
    this.buffered = this.buffered.subarray(end + CRLF.length);
    if (verb === 'EHLO') return '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800\r\n';
    if (verb === 'DATA') {
      this.inData = true;
      return '354 go on\r\n';
    }
    if (verb === 'QUIT') {
      this.socket.end('221 2.0.0 bye\r\n');
      return undefined;
    }
    return '250 2.0.0 ok\r\n';
  }
}

const server = createServer({ noDelay: true }, (socket) => {
  const session = new Session(socket);
  socket.on('data', (chunk) => session.feed(chunk));
  socket.on('error', () => socket.destroy());
  socket.write('220 sink ESMTP\r\n');
});

process.on('message', (question: 'count' | 'arrivals' | 'stop') => {
  if (question === 'count') process.send?.({ count: arrivals.length });
  if (question === 'arrivals') process.send?.({ arrivals });
  if (question === 'stop') process.exit(0);
});
process.on('disconnect', () => process.exit(0));

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
});
