import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Phase } from '@penstock/events';
import { ehloCommand, heloCommand, STARTTLS_COMMAND, UnsafeArgumentError } from '@penstock/mail';
import { type ConnectTarget, type SessionFacts, TransportError } from '@penstock/ports';
import { isPositive, recorded } from './replies.ts';
import type { RawReply } from './reply-reader.ts';
import { Wire, WireError } from './wire.ts';

/** A connection ready for its first transaction. */
export interface Greeted {
  readonly wire: Wire;
  readonly facts: SessionFacts;
}

/** Connects, greets, upgrades. Rejects with TransportError once the socket is closed. */
export async function greet(target: ConnectTarget): Promise<Greeted> {
  const { signal } = target;
  const wire = new Wire(await openSocket(target));
  const progress: { phase: Phase } = { phase: 'banner' };
  const giveUp = (): void => wire.destroy();
  signal?.addEventListener('abort', giveUp);
  try {
    return { wire, facts: await converse(wire, target, progress) };
  } catch (error) {
    if (error instanceof TransportError) wire.write('QUIT\r\n');
    wire.finish();
    await closing(wire);
    throw asTransportError(progress.phase, error);
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
}

async function converse(wire: Wire, target: ConnectTarget, progress: { phase: Phase }): Promise<SessionFacts> {
  const banner = await wire.reply(target.timeouts.bannerMs);
  if (banner.code !== 220) throw refused('banner', banner);
  progress.phase = 'ehlo';
  const plain = await sayHello(wire, target);
  if (target.tls === 'Disabled') return plain;
  progress.phase = 'starttls';
  const tls = await startTls(wire, target, plain);
  if (tls === undefined) return plain;
  progress.phase = 'ehlo';
  // What the host offered in plain text may have been anybody's words (RFC 3207 section 4.2).
  return { ...(await sayHello(wire, target)), tls };
}

async function sayHello(wire: Wire, target: ConnectTarget): Promise<SessionFacts> {
  const { commandMs } = target.timeouts;
  wire.write(ehloCommand(target.ehlo));
  const answer = await wire.reply(commandMs);
  if (isPositive(answer)) return factsOf(answer);
  if (answer.code < 500) throw refused('ehlo', answer);
  wire.write(heloCommand(target.ehlo));
  const older = await wire.reply(commandMs);
  if (!isPositive(older)) throw refused('ehlo', older);
  return { extensions: new Map() };
}

/** The TLS protocol, or undefined where the conversation goes on in plain text. */
async function startTls(wire: Wire, target: ConnectTarget, facts: SessionFacts): Promise<string | undefined> {
  const required = target.tls === 'Required' || target.tls === 'RequiredInsecure';
  if (!facts.extensions.has('STARTTLS')) {
    if (required) throw new TransportError('starttls', 'TLS is required and not offered');
    return undefined;
  }
  wire.write(STARTTLS_COMMAND);
  const answer = await wire.reply(target.timeouts.commandMs);
  if (answer.code !== 220) {
    if (required || answer.code === 421) throw refused('starttls', answer);
    return undefined;
  }
  const verify = target.tls === 'Opportunistic' || target.tls === 'Required';
  return wire.upgrade(isIP(target.host) ? undefined : target.host, verify, target.timeouts.commandMs);
}

function factsOf(answer: RawReply): SessionFacts {
  const extensions = new Map<string, string>();
  for (const line of answer.lines.slice(1)) {
    const text = line.slice(4).trim();
    const blank = text.indexOf(' ');
    const keyword = (blank < 0 ? text : text.slice(0, blank)).toUpperCase();
    if (keyword !== '') extensions.set(keyword, blank < 0 ? '' : text.slice(blank + 1).trim());
  }
  const size = extensions.get('SIZE') ?? '';
  // RFC 1870 section 4: absent or 0 means no fixed limit.
  const maxSize = /^[0-9]{1,15}$/.test(size) ? Number(size) : 0;
  return { extensions, ...(maxSize > 0 ? { maxSize } : {}) };
}

function refused(phase: Phase, reply: RawReply): TransportError {
  return new TransportError(phase, `${phase} refused with ${reply.code}`, { reply: recorded(reply) });
}

function asTransportError(phase: Phase, error: unknown): unknown {
  if (error instanceof WireError) {
    return new TransportError(phase, error.message, { ...(error.code ? { code: error.code } : {}), cause: error });
  }
  if (error instanceof UnsafeArgumentError) return new TransportError(phase, error.message, { cause: error });
  return error;
}

/** A peer that keeps its side open after our QUIT waits for nothing we owe it. */
async function closing(wire: Wire): Promise<void> {
  const timer = setTimeout(() => wire.destroy(), FAREWELL_MS);
  await wire.closed;
  clearTimeout(timer);
}

const FAREWELL_MS = 1000;

function openSocket(target: ConnectTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let socket: Socket;
    const fail = (error: NodeJS.ErrnoException): void => {
      const code = localFault(error);
      reject(new TransportError('connect', error.message, { ...(code ? { code } : {}), cause: error }));
    };
    try {
      const bind = target.bind === undefined ? {} : { localAddress: target.bind };
      socket = connectTcp({ host: target.address, port: target.port, noDelay: true, ...bind });
    } catch (error) {
      fail(error as NodeJS.ErrnoException);
      return;
    }
    let failure: NodeJS.ErrnoException | undefined;
    const timer = setTimeout(() => {
      failure = Object.assign(new Error('connection timed out'), { code: 'ETIMEDOUT' });
      socket.destroy();
    }, target.timeouts.connectMs);
    const giveUp = (): void => void socket.destroy();
    const { signal } = target;
    const settle = (): void => fail(failure ?? new Error('connection closed'));
    const over = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    };
    socket.once('error', (error) => {
      failure ??= error;
    });
    socket.once('close', settle);
    socket.once('connect', () => {
      over();
      socket.off('close', settle);
      resolve(socket);
    });
    socket.once('close', over);
    signal?.addEventListener('abort', giveUp);
    if (signal?.aborted) giveUp();
  });
}

/**
 * EADDRNOTAVAIL from bind(2): the address is not this machine's. From connect(2): its ports are used up, which is
 * named EADDRINUSE here, as bind(2) would.
 */
function localFault(error: NodeJS.ErrnoException): string | undefined {
  return error.code === 'EADDRNOTAVAIL' && error.syscall === 'connect' ? 'EADDRINUSE' : error.code;
}
