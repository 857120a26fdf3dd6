import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock, Timers } from '@penstock/ports';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import type { Character, Refusal } from './character.ts';
import { readMessage } from './message-head.ts';
import { Observations } from './observations.ts';

export interface ProviderOptions {
  /** The MX host it answers as. */
  readonly host: string;
  readonly character: Character;
  readonly clock: Clock;
  readonly timers: Timers;
}

const LOOPBACK = '127.0.0.1';
type Answer = (error?: Error | null, message?: string) => void;

/** One mailbox provider: a real SMTP server on loopback that behaves as its character says. */
export class SandboxProvider {
  readonly observations = new Observations();
  private readonly server: SMTPServer;
  private readonly sockets = new Map<number, Socket>();

  constructor(private readonly options: ProviderOptions) {
    this.server = new SMTPServer({
      name: options.host,
      banner: 'sandbox',
      // A sandbox on loopback has nothing to hide and no certificate a client could check.
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onConnect: (session, answer) => this.answerLater(answer, () => this.greet(session)),
      onMailFrom: (_, session, answer) => this.answerLater(answer, () => this.mailFrom(session)),
      onRcptTo: ({ address }, session, answer) => this.answerLater(answer, () => this.rcptTo(address, session)),
      onData: (stream, session, answer) => void this.data(stream, session, answer).catch(answer),
    });
    // A client that resets its connection is no error of the sandbox.
    this.server.on('error', () => {});
    this.server.server.on('connection', (socket) => this.watch(socket));
  }

  /** Listens on a port of the system's choice. */
  async start(): Promise<void> {
    this.server.listen(0, LOOPBACK);
    await once(this.server.server, 'listening');
  }

  /** Cuts every connection and closes the port. */
  async stop(): Promise<void> {
    const closed = once(this.server.server, 'close');
    this.server.close();
    for (const socket of this.sockets.values()) socket.destroy();
    await closed;
  }

  get address(): string {
    return LOOPBACK;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  private watch(socket: Socket): void {
    const { remotePort } = socket;
    if (remotePort === undefined) return;
    this.observations.connected();
    this.sockets.set(remotePort, socket);
    socket.once('close', () => {
      this.sockets.delete(remotePort);
      this.observations.disconnected();
    });
  }

  private greet({ remoteAddress: client }: SMTPServerSession): Refusal | undefined {
    // The server counts a connection out when it answers QUIT, before the socket is gone: so do receivers.
    let open = 0;
    for (const connection of this.server.connections) if (connection.remoteAddress === client) open++;
    return this.options.character.greet?.({ client, open });
  }

  private mailFrom({ remoteAddress }: SMTPServerSession): Refusal | undefined {
    this.observations.mailFrom(this.options.clock.monotonic());
    return this.options.character.mailFrom?.(remoteAddress);
  }

  private rcptTo(recipient: string, session: SMTPServerSession): Refusal | undefined {
    return this.options.character.rcptTo?.({ client: session.remoteAddress, sender: senderOf(session), recipient });
  }

  private async data(stream: SMTPServerDataStream, session: SMTPServerSession, answer: Answer): Promise<void> {
    const { messageId, size } = await readMessage(stream);
    await this.delay();
    const answered = !this.options.character.dropsAfterFinalDot;
    for (const { address: recipient } of session.envelope.rcptTo) {
      const at = this.options.clock.now();
      this.observations.took({ messageId, recipient, sender: senderOf(session), size, at, answered });
    }
    if (answered) answer(null, '2.0.0 OK: accepted');
    else this.sockets.get(session.remotePort)?.destroy();
  }

  private answerLater(answer: Answer, decide: () => Refusal | undefined): void {
    void this.delay().then(() => {
      const refusal = decide();
      if (!refusal) return answer();
      this.observations.refusedWith(refusal.code);
      answer(Object.assign(new Error(refusal.text), { responseCode: refusal.code }));
    });
  }

  private async delay(): Promise<void> {
    const delayMs = this.options.character.delayMs?.() ?? 0;
    if (delayMs > 0) await this.options.timers.sleep(delayMs);
  }
}

function senderOf(session: SMTPServerSession): string {
  return session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
}
