/** The load generator's two kinds of client, both as cheap as can be: they share the cores with what they measure. */
import { connect, type Socket } from 'node:net';
import type { Supply } from './load-supply.ts';
import { ENVELOPE, httpRequest, smtpContent, Template } from './load-template.ts';

export interface SessionOptions {
  readonly port: number;
  /** Absent where the server asks for none. */
  readonly apiKey?: string | undefined;
  readonly bytes: number;
  readonly domains: number;
  readonly supply: Supply;
  readonly failed: (reason: string) => void;
}

/** Ends the session; the server has answered all of it. */
export type Close = () => void;

function open(options: SessionOptions, heard: (text: string) => void): Socket {
  const socket = connect({ port: options.port, host: '127.0.0.1', noDelay: true });
  socket.setEncoding('latin1');
  socket.on('data', heard);
  socket.on('error', (error) => options.failed(`connection to port ${options.port}: ${error.message}`));
  return socket;
}

/** MAIL, RCPT and DATA travel together, and behind a final dot so does the next envelope (RFC 2920 section 3.1). */
const STEPS = ['250', '250', '354', '250'] as const;
const GREETING = -1;
const GO_AHEAD = 2;
const FINAL = 3;

class SmtpSession {
  private readonly socket: Socket;
  private readonly envelope: Template;
  private readonly content: Template;
  private readonly both: Buffer;
  private readonly greetings: string[];
  private rest = '';
  private step = GREETING;
  private current = 0;
  private following: number | undefined;

  constructor(private readonly options: SessionOptions) {
    this.envelope = new Template(ENVELOPE, options.domains);
    this.content = new Template(smtpContent(options.bytes), options.domains);
    this.both = Buffer.alloc(this.content.bytes.length + this.envelope.bytes.length);
    const credentials = Buffer.from(`\0apikey\0${options.apiKey}`).toString('base64');
    this.greetings = ['EHLO load.example\r\n', ...(options.apiKey ? [`AUTH PLAIN ${credentials}\r\n`] : [])];
    this.socket = open(options, (text) => this.heard(text));
  }

  close(): void {
    this.socket.end('QUIT\r\n');
  }

  private heard(text: string): void {
    const all = this.rest + text;
    let from = 0;
    for (let end = all.indexOf('\n'); end >= 0; end = all.indexOf('\n', from)) {
      if (all[from + 3] !== '-') this.reply(all, from, end);
      from = end + 1;
    }
    this.rest = from === all.length ? '' : all.slice(from);
  }

  private reply(all: string, from: number, end: number): void {
    const expected = this.step === GREETING ? '2' : STEPS[this.step];
    if (!all.startsWith(expected ?? '', from)) {
      this.options.failed(`the server answered: ${all.slice(from, end).trim()}`);
    } else if (this.step === GREETING) {
      this.greeted();
    } else if (this.step === FINAL) {
      this.taken(all.slice(all.lastIndexOf(' ', end) + 1, end - 1));
    } else {
      if (this.step === GO_AHEAD) this.send();
      this.step++;
    }
  }

  private greeted(): void {
    const command = this.greetings.shift();
    if (command === undefined) this.begin();
    else this.socket.write(command);
  }

  private begin(): void {
    this.step = 0;
    this.options.supply.take((n) => {
      this.current = n;
      this.socket.write(this.envelope.fill(n));
    });
  }

  private send(): void {
    const { supply } = this.options;
    const content = this.content.fill(this.current);
    this.following = supply.takeNow();
    supply.sending(this.current);
    if (this.following === undefined) {
      this.socket.write(content);
      return;
    }
    content.copy(this.both);
    this.envelope.fill(this.following).copy(this.both, content.length);
    this.socket.write(this.both);
  }

  private taken(id: string): void {
    this.options.supply.accepted(this.current, id);
    if (this.following === undefined) {
      this.begin();
      return;
    }
    this.current = this.following;
    this.step = 0;
  }
}

class HttpSession {
  private readonly socket: Socket;
  private readonly request: Template;
  private rest = '';
  private current = 0;

  constructor(private readonly options: SessionOptions) {
    this.request = new Template(httpRequest(options.bytes, options.apiKey ?? ''), options.domains);
    this.socket = open(options, (text) => this.heard(text));
    this.socket.once('connect', () => this.next());
  }

  close(): void {
    this.socket.end();
  }

  private next(): void {
    const { supply } = this.options;
    supply.take((n) => {
      this.current = n;
      supply.sending(n);
      this.socket.write(this.request.fill(n));
    });
  }

  /** One answer at a time, without a body: a 202 has none, and anything else ends the run. */
  private heard(text: string): void {
    const answer = this.rest + text;
    const end = answer.indexOf('\r\n\r\n');
    if (end < 0) {
      this.rest = answer;
      return;
    }
    this.rest = '';
    const id = /^x-message-id: *(\S+)/im.exec(answer)?.[1];
    if (!answer.startsWith('HTTP/1.1 202') || id === undefined) {
      this.options.failed(`the server answered: ${answer.slice(0, 500)}`);
      return;
    }
    this.options.supply.accepted(this.current, id);
    this.next();
  }
}

export function openSession(protocol: 'smtp' | 'http', options: SessionOptions): Close {
  const session = protocol === 'smtp' ? new SmtpSession(options) : new HttpSession(options);
  return () => session.close();
}
