import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { generateDkimKey, InProcessSigner } from '@penstock/adapter-dkim';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import type { DirectoryRecord, DkimKey } from '@penstock/events';
import type { MessageSigner } from '@penstock/ports';
import { deriveKey, seal } from '@penstock/sealing';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import type { Wanted } from '../specification/attempt-commands.ts';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import { ScriptedSigner } from '../specification/scripted-signer.ts';
import { answer } from '../specification/scripted-transport.ts';

/** Accepted at 1,700,000,000.5 s. */
const MESSAGE_ID = 'NjEtLboxxxxxxxxxxxxxxx';
const KEY: DkimKey = { selector: 's1', algorithm: 'rsa-sha256', publicKey: '', sealedPrivateKey: '' };
const SIGNED = 'DKIM-Signature: d=example.com; s=s1; t=1700000000\r\n';

function domainAdded(tenant: string, domain: string, keys: readonly DkimKey[], n = 0): DirectoryRecord {
  const body = { domain, tenant, keys, returnPath: `bounces.${domain}` };
  return { id: `${tenant} ${domain} ${n}`, type: 'domain_added', version: 1, at: 0, partition: 0, body };
}

async function running(signer: MessageSigner, ...records: readonly DirectoryRecord[]) {
  const log = new MemoryEventLog(new MemoryLogData());
  await log.append([{ topic: 'mail.directory', partition: 0, records }]);
  return { log, given: await GivenDispatcher.running({ log, content: new MemoryContentStore(), signer }) };
}

const MAIL: Wanted = {
  head: 'From: Ann <ann@news.Example.com>\r\n',
  body: 'MIME-Version: 1.0\r\n\r\nhello\r\n',
  delivery: { messageId: MESSAGE_ID, deliveryId: `${MESSAGE_ID}.0.1` },
};

function sent(given: GivenDispatcher, at = 0): string {
  return Buffer.concat(given.transport.mails[at]?.content ?? []).toString('latin1');
}

describe('mail that leaves', () => {
  it('is signed by the domain of its From field where that is its tenant’s, with the time of its acceptance', async () => {
    const signer = new ScriptedSigner();
    const { given } = await running(signer, domainAdded('t', 'example.com', [KEY, { ...KEY, selector: 's2' }]));
    await given.command(MAIL);
    assert.equal(sent(given), `${SIGNED}${SIGNED.replace('s1', 's2')}${MAIL.head}${MAIL.body}`);
    const [request] = signer.requests;
    assert.equal(Buffer.from(request?.header ?? []).toString(), `${MAIL.head}MIME-Version: 1.0\r\n`);
    assert.equal(Buffer.concat(request?.body ?? []).toString(), 'hello\r\n');
    assert.ok(request?.bodyReference);
  });

  it('is left as it is where nobody of its tenant registered the domain', async () => {
    const signer = new ScriptedSigner();
    const { given } = await running(
      signer,
      domainAdded('other', 'example.com', [KEY]),
      domainAdded('t', 'example.net', [KEY]),
      domainAdded('t', 'example.org', []),
    );
    const froms = ['ann@example.com', 'ann@example', 'ann@example.org', 'a@example.net.example', 'ann', ''];
    for (const from of froms) {
      const head = `From: ${from}\r\n`;
      await given.command({ head, body: '\r\na\nb' });
      assert.equal(sent(given, given.transport.mails.length - 1), `${head}\r\na\nb`);
    }
    assert.equal(given.transport.mails.length, froms.length);
    assert.equal(signer.requests.length, 0);
  });

  it('is signed as it is sent: with its line ends repaired', async () => {
    const signer = new ScriptedSigner();
    const { given } = await running(signer, domainAdded('t', 'example.com', [KEY]));
    await given.command({ ...MAIL, body: '\r\na\n.\rb' });
    assert.equal(sent(given), `${SIGNED}${MAIL.head}\r\na\r\n.\r\nb\r\n`);
    assert.equal(Buffer.concat(signer.requests[0]?.body ?? []).toString(), 'a\r\n.\r\nb\r\n');
  });

  it('has the same signature when it is tried again, which is not made again', async () => {
    const signer = new ScriptedSigner();
    const { given, log } = await running(signer, domainAdded('t', 'example.com', [KEY]));
    given.transport.scripts.push(answer(452, 'mailbox full', 'rcpt', '4.2.2'));
    await given.command(MAIL);
    await given.command({ ...MAIL, release: 2 });
    assert.equal(sent(given, 1), sent(given));
    assert.equal(signer.requests.length, 1);
    await log.append([
      {
        topic: 'mail.directory',
        partition: 0,
        records: [domainAdded('t', 'example.com', [{ ...KEY, selector: 'new' }], 1)],
      },
    ]);
    await given.command({ ...MAIL, release: 3 });
    assert.match(sent(given, 2), /s=new/);
  });

  it('does not leave unsigned when it cannot be signed, but goes back for a while', async () => {
    const signer = new ScriptedSigner();
    const { given } = await running(signer, domainAdded('t', 'example.com', [KEY]));
    // A kind of error that means missing content when the content store throws it.
    signer.failure = new TypeError('no key');
    await given.command(MAIL);
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'handed_back' && fact.body.until === fact.at + 5000);
    assert.equal(given.transport.mails.length, 0);
    assert.ok(given.logged.includes('signing_failed'));
    signer.failure = undefined;
    await given.command({ ...MAIL, release: 2 });
    assert.ok(sent(given).startsWith(SIGNED));
  });

  it('does not leave before it is known whether it is to be signed', async () => {
    for (const records of [[domainAdded('t', 'example.com', [KEY])], []]) {
      const log = new MemoryEventLog(new MemoryLogData());
      await log.append([{ topic: 'mail.directory', partition: 0, records }]);
      const given = new GivenDispatcher({ log, content: new MemoryContentStore(), signer: new ScriptedSigner() });
      await given.writePolicy(POLICY);
      const late = given.dispatcher.consumers.filter(({ topic }) => topic === 'mail.directory');
      for (const consumer of given.dispatcher.consumers) if (!late.includes(consumer)) await log.join(consumer);
      await given.time.advance(5000);
      await given.command(MAIL);
      assert.equal(given.transport.mails.length, 0);
      assert.match(given.dispatcher.notReady() ?? '', /mail\.directory/);
      for (const consumer of late) await log.join(consumer);
      await given.time.advance(5000);
      assert.deepEqual([given.transport.mails.length, given.dispatcher.notReady()], [1, undefined]);
      assert.equal(sent(given).startsWith(SIGNED), records.length > 0);
    }
  });

  it('verifies', async () => {
    const secretKey = new Uint8Array(32).fill(3);
    const keys = await Promise.all(
      (['rsa-sha256', 'ed25519-sha256'] as const).map(async (algorithm, n) => {
        const { publicKey, privateKey } = await generateDkimKey(algorithm);
        const sealing = deriveKey(secretKey, 'dkim-private-keys');
        const sealedPrivateKey = seal(sealing, privateKey, `example.com/s${n}`, randomBytes(12));
        return { selector: `s${n}`, algorithm, publicKey, sealedPrivateKey };
      }),
    );
    const { given } = await running(new InProcessSigner(secretKey), domainAdded('t', 'example.com', keys));
    await given.command(MAIL);
    const { results } = await dkimVerify(Buffer.from(sent(given), 'latin1'), {
      resolver: async (name) => {
        const key = keys.find(({ selector }) => name === `${selector}._domainkey.example.com`);
        return [[`v=DKIM1; k=${key?.algorithm.split('-')[0]}; p=${key?.publicKey}`]];
      },
    });
    assert.deepEqual(
      results.map(({ status }) => status.result),
      ['pass', 'pass'],
    );
  });
});
