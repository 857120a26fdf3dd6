import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import type {
  DoorListener,
  DoorOptions,
  OpenDoor,
  SubmissionDoor,
  SubmissionHandlers,
  Telemetry,
  TimerHandle,
  Timers,
} from '@penstock/ports';
import { FAREWELLS, line } from './answers.ts';
import { Connection, type Doorway } from './connection.ts';

/** PEM. */
export interface TlsIdentity {
  /** The certificate and those that lead to its root. */
  readonly cert: string;
  readonly key: string;
  /**
   * Nobody can verify it. Clients on loopback are not offered STARTTLS with it, since most libraries take every offer
   * and then refuse the certificate; they may ask for it.
   */
  readonly selfMade?: boolean;
}

export interface SmtpDoorDeps {
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

const MAX_CONNECTIONS = 1000;
/** How often connections are looked after. */
const SWEEP_MS = 1000;
/** On close, messages on their way in get this long to end. */
const STOP_GRACE_MS = 5_000;

/** Submission over real sockets. One certificate for all listeners, which may be replaced at any time. */
export class SmtpDoor implements SubmissionDoor {
  private context: SecureContext | undefined;
  private selfMade = false;

  constructor(private readonly deps: SmtpDoorDeps) {}

  /**
   * New connections use it from now on; those that are open keep theirs.
   * @throws Error from OpenSSL if key and certificate do not fit or are none.
   */
  useIdentity({ cert, key, selfMade = false }: TlsIdentity): void {
    this.context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    this.selfMade = selfMade;
  }

  async open<Grant>(options: DoorOptions, handlers: SubmissionHandlers<Grant>): Promise<OpenDoor> {
    const identity = () => ({ context: this.context, selfMade: this.selfMade });
    const door = new OpenSmtpDoor(this.deps, identity, options, handlers);
    const ports: number[] = [];
    try {
      for (const listener of options.listeners) ports.push(await door.listen(listener));
    } catch (error) {
      await door.close();
      throw error;
    }
    return { ports, close: () => door.close() };
  }
}

class OpenSmtpDoor<Grant> implements Doorway<Grant> {
  now = 0;
  private readonly servers: Server[] = [];
  private readonly connections = new Set<Connection<Grant>>();
  private sweep: TimerHandle | undefined;
  private allGone: () => void = () => {};

  constructor(
    private readonly deps: SmtpDoorDeps,
    private readonly identity: () => { readonly context: SecureContext | undefined; readonly selfMade: boolean },
    readonly options: DoorOptions,
    readonly handlers: SubmissionHandlers<Grant>,
  ) {}

  secureContext(): SecureContext | undefined {
    return this.identity().context;
  }

  listen(listener: DoorListener): Promise<number> {
    // Half open: a client that has said all it has to say still hears the answers.
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.enter(socket, listener));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(listener.port, listener.host, () => {
        server.off('error', reject);
        server.on('error', (error: NodeJS.ErrnoException) => this.failed(error.code));
        this.servers.push(server);
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : listener.port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = this.servers.map((server) => new Promise((resolve) => server.close(resolve)));
    const gone = new Promise<void>((resolve) => {
      this.allGone = resolve;
    });
    for (const connection of this.connections) connection.stop();
    const grace = this.deps.timers.after(STOP_GRACE_MS, () => {
      for (const connection of this.connections) connection.leave(FAREWELLS.stopping);
    });
    if (this.connections.size > 0) await gone;
    grace.cancel();
    this.sweep?.cancel();
    await Promise.all(closed);
  }

  failed(code: string | undefined): void {
    this.deps.telemetry.log('debug', 'submission_connection_failed', { code });
  }

  closed(connection: Connection<Grant>): void {
    this.connections.delete(connection);
    if (this.connections.size === 0) this.allGone();
  }

  private enter(socket: Socket, { tls }: DoorListener): void {
    const local = isLoopback(socket.remoteAddress ?? '');
    const trusted = local || this.options.allowPlaintext;
    const { context, selfMade } = this.identity();
    const turnedAway = this.turnedAway(trusted || context !== undefined);
    if (turnedAway !== undefined) {
      socket.on('error', () => {});
      // Nothing is read, so closing at once is enough; TLS clients see a connection that ends.
      socket.end(tls === 'implicit' ? '' : turnedAway, () => socket.destroy());
      return;
    }
    const offersTls = !(selfMade && local);
    this.connections.add(new Connection(socket, this, { implicitTls: tls === 'implicit', offersTls, trusted }));
    if (this.connections.size === 1) this.armSweep();
  }

  private turnedAway(safe: boolean): string | undefined {
    if (this.connections.size >= MAX_CONNECTIONS) return line(FAREWELLS.tooManyConnections);
    return safe ? undefined : line(FAREWELLS.noEncryption);
  }

  /** One timer for all connections, as long as there are any. */
  private armSweep(): void {
    this.sweep?.cancel();
    this.sweep = this.deps.timers.after(SWEEP_MS, () => {
      this.now += SWEEP_MS;
      for (const connection of this.connections) connection.checkTime(this.now);
      this.sweep = undefined;
      if (this.connections.size > 0) this.armSweep();
    });
  }
}

/** IPv4, IPv6, and IPv4 as a socket for both shows it. */
function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.') || address.startsWith('::ffff:127.');
}
