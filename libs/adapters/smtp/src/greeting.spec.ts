import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { type ConnectTarget, type MailSession, TransportError } from '@penstock/ports';
import { SMTPServer } from 'smtp-server';
import { type Peer, ScriptedHost } from './scripted-host.ts';
import { SmtpTransport } from './smtp-transport.ts';

const transport = new SmtpTransport();
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function hosted(script: (peer: Peer) => Promise<void>): Promise<ScriptedHost> {
  const host = await ScriptedHost.start(script);
  cleanups.push(() => host.stop());
  return host;
}

async function connect(target: ConnectTarget): Promise<MailSession> {
  const session = await transport.connect(target);
  cleanups.push(() => session.abort());
  return session;
}

async function failure(target: ConnectTarget): Promise<TransportError> {
  try {
    await connect(target);
  } catch (error) {
    assert.ok(error instanceof TransportError, String(error));
    return error;
  }
  throw new Error('connected');
}

/** The TLS server of the smtp-server package, with its self-signed certificate. */
async function tlsHost(): Promise<ConnectTarget> {
  const server = new SMTPServer({ authOptional: true, disableReverseLookup: true, closeTimeout: 1 });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  cleanups.push(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
      }),
  );
  const { port } = server.server.address() as AddressInfo;
  const timeouts = { connectMs: 5000, bannerMs: 5000, commandMs: 5000, dataMs: 5000, finalDotMs: 5000 };
  return { host: 'localhost', address: '127.0.0.1', port, ehlo: 'a.test', tls: 'OpportunisticInsecure', timeouts };
}

describe('greeting a host', () => {
  it('reads what it offers, even when the reply comes byte by byte', async () => {
    const host = await hosted(async (peer) => {
      peer.say('220-mx.test\r\n220 ESMTP');
      assert.equal(await peer.line(), 'EHLO client.test');
      for (const byte of '250-mx.test\r\n250-size 1000\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN\r\n') {
        peer.socket.write(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      await peer.line();
    });
    const { facts } = await connect(host.target());
    assert.deepEqual(Object.fromEntries(facts.extensions), { SIZE: '1000', PIPELINING: '', AUTH: 'PLAIN LOGIN' });
    assert.equal(facts.maxSize, 1000);
    assert.equal(facts.tls, undefined);
  });

  it('falls back to HELO where EHLO is not understood', async () => {
    const host = await hosted(async (peer) => {
      peer.say('220 old');
      await peer.answer('502 what?', '250 old');
      await peer.line();
    });
    assert.equal((await connect(host.target())).facts.extensions.size, 0);
  });

  it('tells at which phase it was refused, and how', async () => {
    const banner = await hosted(async (peer) => peer.say('554 5.7.1 go away'));
    const ehlo = await hosted(async (peer) => {
      peer.say('220 hi');
      await peer.answer('421 4.3.2 busy');
    });
    const helo = await hosted(async (peer) => {
      peer.say('220 hi');
      await peer.answer('550 no', '550 5.7.1 still no');
    });
    for (const [host, phase, code] of [
      [banner, 'banner', 554],
      [ehlo, 'ehlo', 421],
      [helo, 'ehlo', 550],
    ] as const) {
      const error = await failure(host.target());
      assert.deepEqual([error.phase, error.reply?.code], [phase, code]);
    }
  });

  it('tells at which phase the connection closed', async () => {
    const silent = await hosted(async () => {});
    const afterBanner = await hosted(async (peer) => {
      peer.say('220 hi');
      await peer.line();
    });
    assert.equal((await failure(silent.target())).phase, 'banner');
    assert.equal((await failure(afterBanner.target())).phase, 'ehlo');
  });

  it('waits for each phase no longer than it is told', async () => {
    const host = await hosted(async (peer) => void (await peer.line()));
    const timeouts = { ...host.target().timeouts, bannerMs: 20 };
    const error = await failure(host.target({ timeouts }));
    assert.deepEqual([error.phase, error.code], ['banner', 'ETIMEDOUT']);
  });

  it('is over at once when nobody wants the session any more, and the host sees the connection close', async () => {
    const wanted = new AbortController();
    let closed: Promise<unknown> = Promise.resolve();
    const host = await hosted(async (peer) => {
      peer.say('220 hi');
      await peer.line();
      closed = peer.line().catch(() => undefined);
      wanted.abort();
      await closed;
    });
    const error = await failure(host.target({ signal: wanted.signal }));
    assert.equal(error.phase, 'ehlo');
    await closed;
    const unwanted = await failure(host.target({ signal: AbortSignal.abort() }));
    assert.equal(unwanted.phase, 'connect');
  });

  it('gives the errno of a connection that cannot be made', async () => {
    const host = await hosted(async () => {});
    const target = host.target();
    await host.stop();
    cleanups.pop();
    assert.deepEqual(await failure(target).then(({ phase, code }) => [phase, code]), ['connect', 'ECONNREFUSED']);
  });

  it('gives EADDRNOTAVAIL for a source address that is not this machine’s', async () => {
    const host = await hosted(async () => {});
    const { phase, code } = await failure(host.target({ bind: '192.0.2.1' }));
    assert.deepEqual([phase, code], ['connect', 'EADDRNOTAVAIL']);
  });

  it('binds the source address', async () => {
    let from: string | undefined;
    const host = await hosted(async (peer) => {
      from = peer.socket.remoteAddress;
      await peer.greet();
      await peer.line();
    });
    await connect(host.target({ bind: '127.0.0.9' }));
    assert.equal(from, '127.0.0.9');
  });

  it('refuses a flood, a non-reply and an unsafe name', async () => {
    const flood = await hosted(async (peer) => {
      for (let line = 0; line < 300; line++) peer.say('220-more');
      await peer.line();
    });
    const web = await hosted(async (peer) => peer.say('HTTP/1.1 400 Bad Request'));
    const host = await hosted(async (peer) => {
      peer.say('220 hi');
      await peer.line();
    });
    assert.equal((await failure(flood.target())).phase, 'banner');
    assert.equal((await failure(web.target())).phase, 'banner');
    assert.equal((await failure(host.target({ ehlo: 'a\r\nMAIL FROM:<>' }))).phase, 'ehlo');
  });
});

describe('STARTTLS', () => {
  it('upgrades and greets again', async () => {
    const session = await connect(await tlsHost());
    assert.match(session.facts.tls ?? '', /^TLSv1\.[23]$/);
    assert.equal(session.facts.extensions.has('STARTTLS'), false);
    await session.quit();
  });

  it('checks the certificate unless told not to', async () => {
    const target = await tlsHost();
    const error = await failure({ ...target, tls: 'Opportunistic' });
    assert.equal(error.phase, 'starttls');
    assert.match(error.code ?? '', /CERT/);
  });

  it('is not tried where it is disabled or not offered, unless it is required', async () => {
    const target = await tlsHost();
    assert.equal((await connect({ ...target, tls: 'Disabled' })).facts.tls, undefined);
    const host = await hosted(async (peer) => {
      await peer.greet();
      await peer.line();
    });
    assert.equal((await connect(host.target({ tls: 'Opportunistic' }))).facts.tls, undefined);
    assert.equal((await failure(host.target({ tls: 'Required' }))).phase, 'starttls');
  });

  it('goes on in plain text where the host offers it and then declines', async () => {
    const host = await hosted(async (peer) => {
      await peer.greet('STARTTLS');
      await peer.answer('454 4.7.0 not now');
      await peer.line();
    });
    assert.equal((await connect(host.target({ tls: 'Opportunistic' }))).facts.tls, undefined);
  });

  it('ends the connection when anything is buffered after the 220', async () => {
    for (const injected of ['220 go\r\n250 injected', '220 go\r\n250-inj']) {
      const host = await hosted(async (peer) => {
        await peer.greet('STARTTLS');
        await peer.answer(injected);
        await peer.line();
      });
      const error = await failure(host.target({ tls: 'OpportunisticInsecure' }));
      assert.equal(error.phase, 'starttls');
      assert.match(error.message, /bytes after the reply to STARTTLS/);
    }
  });
});
