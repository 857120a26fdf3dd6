/** A mailbox provider that takes everything, notes what it took, and can be told to cut connections after the final dot. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { namesIn } from './marks.ts';

export interface Taken {
  /** Local part of the recipient. */
  readonly id: string;
  readonly from: string;
  readonly answered: boolean;
  /** Whose mail it is, as it says itself; see `namesIn`. */
  readonly names: string;
}

export interface ReceiverEvents {
  took(taken: Taken): void;
  connected(from: string): void;
}

const LOOPBACK = '127.0.0.1';
const CRLF = '\r\n';
const FINAL_DOT = '\r\n.\r\n';

export class Receiver {
  /** Connections are cut when the final dot has come. */
  cutting = false;
  /** Mails so far that were cut. */
  cuts = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  constructor(private readonly events: ReceiverEvents) {
    this.server = createServer({ noDelay: true }, (socket) => this.serve(socket));
  }

  async start(): Promise<{ readonly address: string; readonly port: number }> {
    this.server.listen(0, LOOPBACK);
    await once(this.server, 'listening');
    return { address: LOOPBACK, port: (this.server.address() as AddressInfo).port };
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private serve(socket: Socket): void {
    const from = socket.remoteAddress ?? '';
    this.sockets.add(socket);
    this.events.connected(from);
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    const took = (recipients: readonly string[], content: string): boolean => {
      const answered = !this.cutting;
      if (!answered) this.cuts += recipients.length;
      for (const id of recipients.map(localPart)) {
        this.events.took({ id, from, answered, names: namesIn(content, id) });
      }
      return answered;
    };
    const conversation = new Conversation(socket, took);
    socket.setEncoding('latin1').on('data', (text: string) => conversation.feed(text));
    socket.write('220 receiver ESMTP\r\n');
  }
}

class Conversation {
  private text = '';
  private recipients: string[] = [];
  private inData = false;

  constructor(
    private readonly socket: Socket,
    private readonly took: (recipients: readonly string[], content: string) => boolean,
  ) {}

  feed(text: string): void {
    this.text += text;
    for (;;) {
      const mark = this.inData ? FINAL_DOT : CRLF;
      const end = this.text.indexOf(mark);
      if (end < 0 || this.socket.destroyed) return;
      const part = this.text.slice(0, end);
      this.text = this.text.slice(end + mark.length);
      if (this.inData) this.message(part);
      else this.command(part);
    }
  }

  private message(content: string): void {
    this.inData = false;
    if (this.took(this.recipients, content)) this.socket.write('250 2.0.0 taken\r\n');
    else this.socket.destroy();
  }

  private command(line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    if (verb === 'MAIL' || verb === 'RSET') this.recipients = [];
    if (verb === 'RCPT') this.recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? '');
    if (verb === 'DATA') this.inData = true;
    if (verb === 'QUIT') this.socket.end('221 2.0.0 bye\r\n');
    else this.socket.write(replyTo(verb));
  }
}

function replyTo(verb: string): string {
  if (verb === 'EHLO') return '250-receiver\r\n250 PIPELINING\r\n';
  return verb === 'DATA' ? '354 go on\r\n' : '250 2.0.0 ok\r\n';
}

function localPart(address: string): string {
  return address.slice(0, address.lastIndexOf('@'));
}
