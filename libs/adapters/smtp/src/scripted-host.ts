/** A host for specs that says exactly what a script makes it say. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ConnectTarget } from '@penstock/ports';

/** The host's side of one connection. */
export class Peer {
  private buffered = '';
  private ended = false;
  private wake: (() => void) | undefined;

  constructor(readonly socket: Socket) {
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      this.buffered += chunk.toString('latin1');
      this.wake?.();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
      this.wake?.();
    });
  }

  say(text: string): void {
    this.socket.write(`${text}\r\n`);
  }

  /** The client's next line; rejects once it has gone. */
  async line(): Promise<string> {
    return this.until('\r\n');
  }

  /** What follows a 354, without the final dot's line. */
  async content(): Promise<string> {
    const lines: string[] = [];
    for (let line = await this.line(); line !== '.'; line = await this.line()) lines.push(line);
    return lines.join('\r\n');
  }

  /** A whole transaction by BDAT: its command lines, and the content. */
  async chunked(): Promise<{ readonly commands: readonly string[]; readonly content: string }> {
    const commands: string[] = [];
    for (;;) {
      const line = await this.line();
      commands.push(line);
      const size = /^BDAT (\d+) LAST$/.exec(line)?.[1];
      if (size !== undefined) return { commands, content: await this.bytes(Number(size)) };
    }
  }

  private async bytes(count: number): Promise<string> {
    while (this.buffered.length < count) await this.more();
    return this.take(count, 0);
  }

  private async until(mark: string): Promise<string> {
    for (;;) {
      const at = this.buffered.indexOf(mark);
      if (at >= 0) return this.take(at, mark.length);
      await this.more();
    }
  }

  private take(length: number, skipped: number): string {
    const taken = this.buffered.slice(0, length);
    this.buffered = this.buffered.slice(length + skipped);
    return taken;
  }

  private async more(): Promise<void> {
    if (this.ended) throw new Error('client has gone');
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }

  /** Greets and offers the extensions. */
  async greet(...extensions: string[]): Promise<void> {
    this.say('220 mx.test');
    await this.line();
    this.say(
      ['mx.test', ...extensions].map((word, at, all) => `250${at < all.length - 1 ? '-' : ' '}${word}`).join('\r\n'),
    );
  }

  /** Answers each of the client's next lines with the next reply; lines are returned. */
  async answer(...replies: string[]): Promise<string[]> {
    const lines: string[] = [];
    for (const reply of replies) {
      lines.push(await this.line());
      if (reply !== '') this.say(reply);
    }
    return lines;
  }

  close(): void {
    this.socket.destroy();
  }
}

export class ScriptedHost {
  connections = 0;
  private readonly sockets = new Set<Socket>();
  private constructor(private readonly server: Server) {}

  /** Each connection runs the script; the host closes when it ends. */
  static async start(script: (peer: Peer, connection: number) => Promise<void>): Promise<ScriptedHost> {
    const server = createServer();
    const host = new ScriptedHost(server);
    server.on('connection', (socket) => {
      host.sockets.add(socket);
      const number = ++host.connections;
      const peer = new Peer(socket);
      void script(peer, number)
        .catch(() => undefined)
        .finally(() => socket.end());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return host;
  }

  target(changes: Partial<ConnectTarget> = {}): ConnectTarget {
    const { port } = this.server.address() as AddressInfo;
    const timeouts = { connectMs: 5000, bannerMs: 5000, commandMs: 5000, dataMs: 5000, finalDotMs: 5000 };
    return { host: 'mx.test', address: '127.0.0.1', port, ehlo: 'client.test', tls: 'Disabled', timeouts, ...changes };
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }
}
