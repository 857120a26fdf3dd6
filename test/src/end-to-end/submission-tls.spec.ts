import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { connect } from 'node:tls';
import { makeIdentity } from '@penstock/adapter-smtp';
import { createTransport } from 'nodemailer';
import { Platform } from './platform.ts';

const KEY = 'a-key-of-this-test';
const DAY_MS = 86_400_000;
const SMTPS = /^ +SMTP over TLS +\S+:(\d+)$/m;
const mail = { from: 'a@sender.example', to: 'ann@company.example', subject: 'x', text: 'y' };

/** Name of the certificate the port shows. */
async function shown(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  try {
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

describe('submission over TLS', () => {
  it('takes mail with a certificate of its operator, verified, and another one after SIGHUP', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-e2e-tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const now = Date.now();
    const validity = { from: now - DAY_MS, until: now + DAY_MS };
    const identity = await makeIdentity({ hostname: 'mx.penstock.example', ...validity });
    writeFileSync(cert, identity.cert);
    writeFileSync(key, identity.key);
    const tls = { PENSTOCK_SMTPS_PORT: '0', PENSTOCK_TLS_CERT: cert, PENSTOCK_TLS_KEY: key };
    const environment = { PENSTOCK_API_KEY: KEY, PENSTOCK_HOSTNAME: 'mx.penstock.example', ...tls };
    const platform = await Platform.start({ environment });
    try {
      const smtpsPort = Number(SMTPS.exec(platform.output.stdout)?.[1]);
      const client = {
        host: '127.0.0.1',
        auth: { user: 'apikey', pass: KEY },
        tls: { ca: identity.cert, servername: 'mx.penstock.example' },
      };
      // STARTTLS is taken because it is offered; the certificate is verified both times.
      for (const options of [{ port: platform.smtpPort }, { port: smtpsPort, secure: true }]) {
        const sent = await createTransport({ ...client, ...options }).sendMail(mail);
        assert.match(sent.response, /^250 2\.6\.0 Ok: queued as/);
      }
      const next = await makeIdentity({ hostname: 'next.penstock.example', ...validity });
      writeFileSync(cert, next.cert);
      writeFileSync(key, next.key);
      process.kill(platform.pid, 'SIGHUP');
      let name = '';
      for (let look = 0; look < 10_000 && name !== 'next.penstock.example'; look++) name = await shown(smtpsPort);
      assert.equal(name, 'next.penstock.example');
    } finally {
      await platform.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('takes mail with the certificate it made itself', async () => {
    const platform = await Platform.start({ environment: { PENSTOCK_API_KEY: KEY, PENSTOCK_SMTPS_PORT: '0' } });
    try {
      const unverified = { host: '127.0.0.1', auth: { user: 'apikey', pass: KEY }, tls: { rejectUnauthorized: false } };
      const port = Number(SMTPS.exec(platform.output.stdout)?.[1]);
      const ways = [
        { port: platform.smtpPort, requireTLS: true },
        { port, secure: true },
      ];
      for (const way of ways) {
        const sent = await createTransport({ ...unverified, ...way }).sendMail(mail);
        assert.match(sent.response, /^250 2\.6\.0 Ok: queued as/);
      }
    } finally {
      await platform.stop();
    }
  });
});
