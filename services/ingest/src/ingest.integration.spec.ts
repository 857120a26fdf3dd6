/** Real HTTP and real SMTP on loopback, over the memory adapters. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { isMessageId } from '@penstock/events';
import { HTTP_SERVER_OPTIONS, HttpErrorsFilter } from '@penstock/nest';
import { createTransport } from 'nodemailer';
import { IngestModule } from './ingest.module.ts';
import { KEYS, mailBody, type Rig, startIngest, until } from './ingest-rig.spec.ts';
import { configureHttp, REQUEST_TIMEOUT_MS } from './mail-send/mail-send.controller.ts';

interface Answer {
  readonly status: number;
  readonly messageId: string | null;
  readonly body: string;
}

describe('ingest over the wire', () => {
  let rig: Rig;
  let app: NestFastifyApplication | undefined;
  let url: string;
  let smtpPort: number;

  before(async () => {
    rig = await startIngest({ submission: { host: '127.0.0.1', port: 0, hostname: 'mx.penstock.example' } });
    smtpPort = rig.ingest.submissionPort ?? 0;
    @Module({ imports: [IngestModule.register(rig.ingest)] })
    class UnderTest {}
    const adapter = new FastifyAdapter(HTTP_SERVER_OPTIONS);
    configureHttp(adapter, rig.ingest);
    app = await NestFactory.create<NestFastifyApplication>(UnderTest, adapter, { logger: false });
    app.useGlobalFilters(new HttpErrorsFilter({ log: () => {} }));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  after(async () => {
    await app?.close();
    await rig?.stop();
  });

  async function send(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
    method = 'POST',
  ): Promise<Answer> {
    const response = await fetch(`${url}/v3/mail/send`, {
      method,
      headers: { authorization: `Bearer ${KEYS.bulk}`, 'content-type': 'application/json', ...headers },
      ...(method === 'GET' ? {} : { body }),
    });
    return { status: response.status, messageId: response.headers.get('x-message-id'), body: await response.text() };
  }

  const errorsOf = ({ body }: Answer) =>
    (JSON.parse(body) as { errors: { message: string; field: string | null }[] }).errors;

  it('answers 202 with an X-Message-Id and an empty body', async () => {
    const answer = await send(JSON.stringify(mailBody()));
    assert.equal(answer.status, 202);
    assert.equal(answer.body, '');
    assert.ok(isMessageId(answer.messageId ?? ''));
    const fact = rig.processed().find(({ messageId }) => messageId === answer.messageId);
    assert.equal(fact?.body.domain, 'example.org');
    assert.equal(fact?.tenant, 'acme');
  });

  it('answers 200 in sandbox mode and stores nothing', async () => {
    const blobs = rig.contentData.blobs.size;
    const answer = await send(JSON.stringify(mailBody({ mail_settings: { sandbox_mode: { enable: true } } })));
    assert.deepEqual(answer, { status: 200, messageId: null, body: '' });
    assert.equal(rig.contentData.blobs.size, blobs);
  });

  it('refuses in one shape, with the status that fits', async () => {
    const good = JSON.stringify(mailBody());
    const cases: readonly [number, Promise<Answer>][] = [
      [400, send('{"from":')],
      [400, send('')],
      [400, send('[]')],
      [400, send('null')],
      [400, send('{"__proto__":{"x":1}}')],
      [400, send(Buffer.from(good.replace('Hello', 'H\xe9llo'), 'latin1'))],
      [400, send('{}')],
      [401, send(good, { authorization: 'Bearer wrong-key-1' })],
      [401, send(good, { authorization: '' })],
      [401, send(good, { authorization: `Basic ${KEYS.bulk}` })],
      [405, send(good, {}, 'GET')],
      [405, send(good, {}, 'PUT')],
      [415, send(good, { 'content-type': 'text/plain' })],
      [415, send('a=b', { 'content-type': 'application/x-www-form-urlencoded' })],
      [415, send(good, { 'content-encoding': 'gzip' })],
    ];
    for (const [status, answered] of cases) {
      const answer = await answered;
      assert.equal(answer.status, status, answer.body);
      const [first] = errorsOf(answer);
      assert.equal(typeof first?.message, 'string');
      assert.ok(first !== undefined && 'field' in first && 'help' in first);
    }
  });

  it('names the field that is wrong', async () => {
    const answer = await send(JSON.stringify(mailBody({ personalizations: [{ to: [{ email: 'nobody' }] }] })));
    assert.equal(answer.status, 400);
    assert.deepEqual(
      errorsOf(answer).map(({ field }) => field),
      ['personalizations.0.to.0.email'],
    );
  });

  it('takes a body of just under 30 MB and refuses one of 31 MB, which it reads to its end', async () => {
    const filled = (bytes: number) => {
      const empty = JSON.stringify(mailBody({ content: [{ type: 'text/plain', value: '' }] })).length;
      return JSON.stringify(mailBody({ content: [{ type: 'text/plain', value: 'x'.repeat(bytes - empty) }] }));
    };
    assert.equal((await send(filled(29_999_999))).status, 202);
    const refused = await send(filled(31_000_000));
    assert.equal(refused.status, 413);
    assert.equal(errorsOf(refused)[0]?.field, null);
  });

  it('answers a repeated Idempotency-Key with the same id, and another body under it with 422', async () => {
    const headers = { 'idempotency-key': 'over the wire' };
    const first = await send(JSON.stringify(mailBody()), headers);
    assert.equal(first.status, 202);
    assert.deepEqual(await send(JSON.stringify(mailBody()), headers), first);
    const other = await send(JSON.stringify(mailBody({ subject: 'Other' })), headers);
    assert.equal(other.status, 422);
    assert.equal(errorsOf(other)[0]?.field, null);
    assert.equal((await send(JSON.stringify(mailBody()), { 'idempotency-key': 'k'.repeat(256) })).status, 400);
    await until(() => rig.processed().some(({ messageId }) => messageId === first.messageId));
    assert.equal(rig.processed().filter(({ messageId }) => messageId === first.messageId).length, 1);
  });

  it('refuses headers that are too large in the shape of every error', async () => {
    const answer = await send(JSON.stringify(mailBody()), { 'x-large': 'x'.repeat(20_000) });
    assert.equal(answer.status, 431);
    assert.equal(errorsOf(answer)[0]?.field, null);
  });

  it('puts values in place of tags, for each recipient its own', async () => {
    const personalizations = ['Ann', 'Jürgen'].map((name, i) => ({
      to: [{ email: `s${i}@example.org` }],
      substitutions: { '-name-': name, '-no-': String(i), '-unused-': '\r\n' },
    }));
    const content = [{ type: 'text/plain', value: 'Dear -name-,\nyou are -no-.' }];
    const headers = { 'X-Name': '-name-' };
    const answer = await send(JSON.stringify(mailBody({ personalizations, content, headers, subject: 'For -name-' })));
    assert.equal(answer.status, 202, answer.body);
    const mine = () => rig.processed().filter(({ messageId }) => messageId === answer.messageId);
    await until(() => mine().length === 2);
    const [ann = '', jurgen = ''] = mine()
      .toSorted((a, b) => a.body.index - b.body.index)
      .map((fact) => rig.message(fact));
    assert.match(ann, /^Subject: For Ann\r$/m);
    assert.match(ann, /^X-Name: Ann\r$/m);
    assert.ok(ann.endsWith('Content-Transfer-Encoding: 7bit\r\n\r\nDear Ann,\r\nyou are 0.\r\n'));
    assert.match(jurgen, /^Subject: =\?UTF-8\?/m);
    assert.ok(jurgen.endsWith('quoted-printable\r\n\r\nDear J=C3=BCrgen,\r\nyou are 1.\r\n'));
    for (const fact of mine()) assert.ok(fact.body.size >= rig.message(fact).length);
  });

  it('gives up on a request that does not arrive', () => {
    assert.equal(app?.getHttpServer().requestTimeout, REQUEST_TIMEOUT_MS);
  });

  it('answers 429 while too much mail is in memory, and lets go when requests end', async () => {
    const { admission } = rig.ingest;
    const held = 256_000_000 - 10;
    assert.ok(admission.reserve(held));
    assert.equal((await send(JSON.stringify(mailBody()))).status, 429);
    admission.release(held);
    assert.equal((await send(JSON.stringify(mailBody()))).status, 202);
    // Nothing of all requests so far is still counted.
    await until(() => {
      const free = admission.reserve(256_000_000);
      if (free) admission.release(256_000_000);
      return free;
    });
  });

  const transport = (auth = { user: 'apikey', pass: KEYS.bulk as string }, authMethod = 'PLAIN') =>
    createTransport({ host: '127.0.0.1', port: smtpPort, secure: false, ignoreTLS: true, auth, authMethod });

  it('takes mail by SMTP after AUTH PLAIN or LOGIN and says its id', async () => {
    for (const method of ['PLAIN', 'LOGIN']) {
      const sent = await transport(undefined, method).sendMail({
        from: 'shop@example.com',
        to: 'bob@example.org',
        subject: `by ${method}`,
        text: 'Hi',
      });
      const id = /queued as (\S+)/.exec(sent.response)?.[1];
      const fact = rig.processed().find(({ messageId }) => messageId === id);
      assert.equal(fact?.body.protocol, 'smtp');
      assert.match(
        fact ? rig.message(fact) : '',
        new RegExp(`^Received: by mx\\.penstock\\.example\\b[\\s\\S]*Subject: by ${method}\r\n`),
      );
    }
  });

  it('expands a message for several recipients into one delivery each', async () => {
    const to = Array.from({ length: 1000 }, (_, i) => `r${i}@example.org`);
    const sent = await transport().sendMail({ envelope: { from: '', to }, from: 'a@example.com', text: 'Hi all' });
    const id = /queued as (\S+)/.exec(sent.response)?.[1];
    await until(() => rig.processed().filter(({ messageId }) => messageId === id).length === 1000);
    const facts = rig.processed().filter(({ messageId }) => messageId === id);
    assert.equal(new Set(facts.map(({ deliveryId }) => deliveryId)).size, 1000);
    assert.ok(facts.every((fact) => rig.recipient(fact).mailFrom === ''));
    assert.equal(new Set(facts.map((fact) => fact.body.content.body)).size, 1);
  });

  it('refuses a wrong key, a wrong user and mail without AUTH', async () => {
    const mail = { from: 'a@example.com', to: 'b@example.org', text: 'x' };
    await assert.rejects(transport({ user: 'apikey', pass: 'wrong' }).sendMail(mail), /535 5\.7\.8/);
    await assert.rejects(transport({ user: 'acme', pass: KEYS.bulk }).sendMail(mail), /535 5\.7\.8/);
    const without = createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true });
    await assert.rejects(without.sendMail(mail), /530 5\.7\.0/);
  });

  it('refuses what is too large with 552 and X-SMTPAPI with 554', async () => {
    const large = { from: 'a@example.com', to: 'b@example.org', raw: `Subject: x\r\n\r\n${'x'.repeat(31_000_000)}` };
    await assert.rejects(transport().sendMail(large), /552 5\.3\.4/);
    const headers = { 'X-SMTPAPI': '{"to":["c@example.org"]}' };
    await assert.rejects(
      transport().sendMail({ from: 'a@example.com', to: 'b@example.org', text: 'x', headers }),
      /554 5\.6\.0 The X-SMTPAPI/,
    );
  });

  it('offers what load needs, and takes pipelined commands', async () => {
    const auth = Buffer.from(`\0apikey\0${KEYS.bulk}`).toString('base64');
    const lines = [
      'EHLO client.example',
      `AUTH PLAIN ${auth}`,
      'MAIL FROM:<shop@example.com> SIZE=10',
      'RCPT TO:<bad address@example.org>',
      'RCPT TO:<ann@localhost>',
      'RCPT TO:<ann@example.org>',
      'DATA',
    ];
    const replies = await converse(smtpPort, [
      lines[0] ?? '',
      `${lines.slice(1).join('\r\n')}`,
      'bare\nlf\rcr\r\n.',
      'QUIT',
    ]);
    assert.match(replies, /250-PIPELINING\r\n/);
    for (const word of ['8BITMIME', 'SMTPUTF8', 'ENHANCEDSTATUSCODES', 'AUTH PLAIN LOGIN'])
      assert.ok(replies.includes(word), word);
    assert.match(replies, /SIZE 30000000/);
    assert.doesNotMatch(replies, /STARTTLS/);
    assert.match(
      replies,
      /501 5\.1\.3[\s\S]*553 5\.1\.3 Recipient address has a malformed domain[\s\S]*250 2\.6\.0 Ok: queued as/,
    );
    const id = /queued as (\S+)/.exec(replies)?.[1];
    const fact = rig.processed().find(({ messageId }) => messageId === id);
    assert.ok(fact && rig.message(fact).endsWith('\r\nbare\r\nlf\r\ncr\r\n'));
  });
});

/** Sends each piece after a reply has come, and answers everything the server said. */
function converse(port: number, pieces: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const rest = [...pieces];
    let said = '';
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      said += text;
      const last = said.trimEnd().split('\r\n').at(-1) ?? '';
      const turn = /^(220|354) /.test(last) || /^250 (?!2\.[01])/.test(last);
      const next = turn ? rest.shift() : undefined;
      if (next !== undefined) socket.write(`${next}\r\n`);
    });
    socket.on('close', () => resolve(said));
    socket.on('error', reject);
  });
}
