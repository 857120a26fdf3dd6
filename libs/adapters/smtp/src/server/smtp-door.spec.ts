import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { OpenDoor, ReceivedEnvelope, SmtpAnswer, SubmissionHandlers, Timers } from '@penstock/ports';
import { makeIdentity } from './self-made-identity.ts';
import { SmtpDoor, type TlsIdentity } from './smtp-door.ts';

/** Timers that fire when they are told to. */
class ManualTimers implements Timers {
  private now = 0;
  private waiting: { at: number; callback: () => void }[] = [];

  after(delayMs: number, callback: () => void) {
    const entry = { at: this.now + delayMs, callback };
    this.waiting.push(entry);
    return {
      cancel: () => {
        this.waiting = this.waiting.filter((other) => other !== entry);
      },
    };
  }

  sleep(): Promise<void> {
    return Promise.reject(new Error('unused'));
  }

  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [next] = this.waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.now = next.at;
      this.waiting = this.waiting.filter((entry) => entry !== next);
      next.callback();
    }
    this.now = end;
  }
}

class Handlers implements SubmissionHandlers<string> {
  readonly envelopes: ReceivedEnvelope<string>[] = [];
  store: () => Promise<SmtpAnswer> = () => Promise.resolve({ code: 250, enhanced: '2.6.0', text: 'stored' });

  authenticate() {
    return { grant: 'key' };
  }

  refuseSender() {
    return undefined;
  }

  refuseRecipient() {
    return undefined;
  }

  message(envelope: ReceivedEnvelope<string>): Promise<SmtpAnswer> {
    this.envelopes.push(envelope);
    return this.store();
  }

  reserve() {
    return true;
  }

  release() {}
}

/** A client that types what it is told to. */
class Client {
  said = '';
  closed = false;

  constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.said += text;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  async hears(expected: RegExp): Promise<string> {
    await until(() => expected.test(this.said) || this.closed);
    assert.match(this.said, expected);
    return this.said;
  }

  async says(text: string, expected: RegExp): Promise<string> {
    this.said = '';
    this.socket.write(text, 'latin1');
    return this.hears(expected);
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the condition never held');
}

const AUTH = `AUTH PLAIN ${Buffer.from('\0apikey\0right').toString('base64')}\r\n`;
const MAIL = 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n';
const DAY_MS = 86_400_000;

describe('the door', () => {
  let identity: TlsIdentity;
  let timers: ManualTimers;
  let handlers: Handlers;
  const open: OpenDoor[] = [];

  before(async () => {
    const now = Date.now();
    identity = await makeIdentity({ hostname: 'mx.example.net', from: now - DAY_MS, until: now + DAY_MS });
  });
  after(async () => {
    for (const door of open) await door.close();
  });

  async function opened(tls?: TlsIdentity, host = '127.0.0.1') {
    timers = new ManualTimers();
    handlers = new Handlers();
    const door = new SmtpDoor({ timers, telemetry: { log: () => {} } });
    if (tls) door.useIdentity(tls);
    const listeners = [
      { host, port: 0, tls: 'starttls' as const },
      ...(tls ? [{ host, port: 0, tls: 'implicit' as const }] : []),
    ];
    const limits = { maxMessageBytes: 1_000_000, maxRecipients: 10, allowPlaintext: false };
    const openDoor = await door.open({ listeners, hostname: 'mx.example.net', ...limits }, handlers);
    open.push(openDoor);
    const [port = 0, securePort = 0] = openDoor.ports;
    return { door, openDoor, port, securePort };
  }

  const plain = (port: number) => new Client(connect(port, '127.0.0.1'));
  const secure = (port: number, options = {}) =>
    new Client(connectTls({ port, host: '127.0.0.1', ca: identity.cert, servername: 'mx.example.net', ...options }));

  it('speaks TLS from the first byte on its implicit port, with a certificate that names it', async () => {
    const { securePort } = await opened(identity);
    const client = secure(securePort);
    await client.hears(/^220 mx\.example\.net ESMTP/);
    await client.says(`EHLO c\r\n${AUTH}`, /^235 /m);
    await client.says(MAIL, /^354 /m);
    await client.says('x\r\n.\r\nQUIT\r\n', /^221 /m);
    await until(() => client.closed);
    assert.equal(handlers.envelopes[0]?.protocol, 'ESMTPSA');
  });

  it('turns to TLS where the client asks, and forgets all that was before', async () => {
    const { port } = await opened(identity);
    const client = plain(port);
    await client.says(`EHLO c\r\n${AUTH}MAIL FROM:<a@x.example>\r\n`, /^250 2\.1\.0 /m);
    await client.says('STARTTLS\r\n', /^220 /m);
    client.socket.removeAllListeners('data');
    const upgraded = new Client(connectTls({ socket: client.socket, ca: identity.cert, servername: 'mx.example.net' }));
    // No second greeting, and neither the key nor the transaction is known any more.
    const replies = await upgraded.says(
      'RCPT TO:<b@x.example>\r\nEHLO c\r\nRCPT TO:<b@x.example>\r\n',
      /^503 [\s\S]*^530 /m,
    );
    assert.match(replies, /^503 [^\n]*\n250-mx/);
    await upgraded.says(AUTH + MAIL, /^354 /m);
    await upgraded.says('x\r\n.\r\n', /^250 2\.6\.0 /m);
    upgraded.socket.destroy();
  });

  it('does not speak TLS older than 1.2', async () => {
    const { securePort } = await opened(identity);
    const old = secure(securePort, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    await until(() => old.closed);
    assert.equal(old.said, '');
  });

  it('uses a new certificate from the next connection on', async () => {
    const { door, securePort } = await opened(identity);
    const now = Date.now();
    const next = await makeIdentity({ hostname: 'new.example.net', from: now - DAY_MS, until: now + DAY_MS });
    const early = secure(securePort);
    await early.hears(/^220 /);
    door.useIdentity(next);
    await secure(securePort, { ca: next.cert, servername: 'new.example.net' }).hears(/^220 /);
    await early.says('NOOP\r\n', /^250 /);
    assert.throws(() => door.useIdentity({ cert: next.cert, key: identity.key }), /key values mismatch/);
    await secure(securePort, { ca: next.cert, servername: 'new.example.net' }).hears(/^220 /);
  });

  it('offers loopback no certificate that cannot be verified, and takes it if asked', async () => {
    const { port } = await opened(identity);
    const client = plain(port);
    assert.doesNotMatch(await client.says('EHLO c\r\n', /^250 SMTPUTF8/m), /STARTTLS/);
    await client.says('STARTTLS\r\n', /^220 /m);
    const own = await opened({ ...identity, selfMade: false });
    assert.match(await plain(own.port).says('EHLO c\r\n', /^250 SMTPUTF8/m), /^250-STARTTLS/m);
  });

  it('goes on when a client speaks no TLS, or leaves in the middle of it', async () => {
    const { port, securePort } = await opened(identity);
    const deaf = plain(securePort);
    deaf.socket.write('EHLO c\r\n');
    await until(() => deaf.closed);
    const leaving = plain(port);
    await leaving.says('STARTTLS\r\n', /^220 /m);
    leaving.socket.destroy();
    await plain(port).hears(/^220 /);
  });

  it('answers a client that has already said all it has to say', async () => {
    const { port } = await opened();
    const client = plain(port);
    client.socket.end(`EHLO c\r\n${AUTH}${MAIL}x\r\n.\r\nNOOP\r\n`);
    await client.hears(/^250 2\.6\.0 stored\r\n250 2\.0\.0 Ok\r\n$/m);
    await until(() => client.closed);
  });

  it('ends connections that are silent, or busy without a key', async () => {
    const { port } = await opened();
    const [silent, idle, stranger] = [plain(port), plain(port), plain(port)];
    await silent.hears(/^220 /);
    await idle.says(`EHLO c\r\n${AUTH}`, /^235 /m);
    await stranger.says('EHLO c\r\n', /^250 /m);
    timers.pass(59_000);
    await idle.says('NOOP\r\n', /^250 /);
    timers.pass(1_000);
    await silent.hears(/421 4\.4\.2 Timeout/);
    for (let minute = 1; minute < 5; minute++) {
      timers.pass(60_000);
      await idle.says('NOOP\r\n', /^250 /);
      if (minute < 4) await stranger.says('NOOP\r\n', /^250 /);
    }
    await stranger.hears(/421 4\.4\.2 Timeout/);
    timers.pass(299_000);
    assert.doesNotMatch(idle.said, /421/);
    timers.pass(1_000);
    await idle.hears(/421 4\.4\.2 Timeout/);
  });

  it('waits for a message being stored as long as that takes', async () => {
    const { port, openDoor } = await opened();
    let store: (answer: SmtpAnswer) => void = () => {};
    handlers.store = () => new Promise((resolve) => (store = resolve));
    const client = plain(port);
    await client.says(`EHLO c\r\n${AUTH}${MAIL}`, /^354 /m);
    client.said = '';
    client.socket.write('x\r\n.\r\n');
    await until(() => handlers.envelopes.length === 1);
    timers.pass(3_600_000);
    const closing = openDoor.close();
    timers.pass(60_000);
    assert.equal(client.said, '');
    store({ code: 250, enhanced: '2.6.0', text: 'stored' });
    await closing;
    assert.match(client.said, /^250 2\.6\.0 stored\r\n421 4\.4\.2 Service is stopping\r\n$/);
  });

  it('gives a message on its way in a little time when it closes', async () => {
    const { port, openDoor } = await opened();
    const [quick, slow] = [plain(port), plain(port)];
    for (const client of [quick, slow]) await client.says(`EHLO c\r\n${AUTH}${MAIL}`, /^354 /m);
    const closing = openDoor.close();
    await quick.says('x\r\n.\r\n', /^250 2\.6\.0 stored\r\n421 /);
    timers.pass(5_000);
    await slow.hears(/421 4\.4\.2 Service is stopping/);
    await closing;
    assert.equal(handlers.envelopes.length, 1);
    const late = plain(port);
    await until(() => late.closed);
    assert.equal(late.said, '');
  });

  it('turns away who would be too many', async () => {
    const { port } = await opened();
    const many = Array.from({ length: 1000 }, () => plain(port));
    for (const client of many) await client.hears(/^220 /);
    await plain(port).hears(/^421 4\.7\.0 Too many connections/);
    many[0]?.socket.destroy();
    let admitted = false;
    for (let n = 0; n < 1000 && !admitted; n++) {
      const client = plain(port);
      await client.hears(/^(220|421) /);
      admitted = client.said.startsWith('220');
    }
    assert.ok(admitted);
    for (const client of many) client.socket.destroy();
  });

  it('says which address cannot be bound, and keeps none', async () => {
    const { port } = await opened();
    const door = new SmtpDoor({ timers, telemetry: { log: () => {} } });
    const listeners = [0, port].map((wanted) => ({ host: '127.0.0.1', port: wanted, tls: 'starttls' as const }));
    const limits = { maxMessageBytes: 1000, maxRecipients: 10, allowPlaintext: false };
    await assert.rejects(door.open({ listeners, hostname: 'x', ...limits }, handlers), { code: 'EADDRINUSE', port });
  });
});
