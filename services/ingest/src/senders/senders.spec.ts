/** As whom mail is taken, at both doors. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type ApiKey, ApiKeyring, parseApiKeys } from '@penstock/access';
import { MemoryLogData } from '@penstock/adapter-memory';
import type { DomainAdded, Processed } from '@penstock/events';
import { deriveKey, readReturnPath } from '@penstock/sealing';
import { createTransport } from 'nodemailer';
import { KEYS, mailBody, POLICY, policyChanged, type Rig, startIngest, until } from '../ingest-rig.spec.ts';

const SECRET = new Uint8Array(32).fill(5);

function added(domain: string, tenant: string): DomainAdded {
  const body = { domain, tenant, keys: [], returnPath: `bounces.${domain}` };
  return { id: domain, type: 'domain_added', version: 1, at: 0, partition: 0, body };
}

/** Of the two tenants of the directory `acme` has the rig's keys. */
async function start(egress: 'internet' | 'sandbox'): Promise<Rig> {
  const logData = new MemoryLogData();
  const text = POLICY.replace('"sandbox"', `"${egress}"`).replaceAll('ehlo =', 'ehlo_domain =');
  const changed = policyChanged();
  assert.ok(changed.type === 'policy_changed');
  logData.store('mail.control', 0, [{ ...changed, body: { ...changed.body, text } }]);
  logData.store('mail.directory', 0, [added('example.com', 'acme'), added('shop.example', 'globex')]);
  return startIngest({
    logData,
    secretKey: SECRET,
    submission: { host: '127.0.0.1', port: 0, hostname: 'mx.penstock.example' },
  });
}

function keyOf(rig: Rig): ApiKey {
  const key = rig.ingest.keys.find(KEYS.bulk);
  assert.ok(key);
  return key;
}

const newcomer = new ApiKeyring(parseApiKeys('newcomer:bulk:newcomers-key')).find('newcomers-key');

/** The envelope sender's delivery and host, if it is a return path of ours. */
function bounceOf(rig: Rig, fact: Processed | undefined): string {
  assert.ok(fact);
  const { mailFrom } = rig.recipient(fact);
  const [local = '', host] = mailFrom.split('@');
  const deliveryId = readReturnPath(deriveKey(SECRET, 'return-path-tokens'), local);
  if (deliveryId === undefined) return mailFrom;
  assert.equal(deliveryId, fact.deliveryId);
  return `return path at ${host}`;
}

describe('mail of a tenant with domains', () => {
  let rig: Rig;
  before(async () => {
    rig = await start('internet');
  });
  after(() => rig.stop());

  const post = (changes: Record<string, unknown>, key: ApiKey | undefined = keyOf(rig)) => {
    assert.ok(key);
    return rig.ingest.mailSend.send(mailBody(changes), key);
  };
  const factsOf = (messageId: string | undefined) => rig.processed().filter((fact) => fact.messageId === messageId);

  it('leaves over HTTP from them alone, and the refusal names the field', async () => {
    const { status, problems } = await post({ from: { email: 'ann@example.org' } });
    assert.equal(status, 403);
    assert.deepEqual(
      problems?.map(({ field }) => field),
      ['from.email'],
    );
    assert.match(problems?.[0]?.message ?? '', /example\.org, which is not a sending domain of yours: .*domain add/);
    assert.equal((await post({ from: { email: 'ann@news.example.com' } })).status, 202);
  });

  it('may not name a foreign Sender in its headers', async () => {
    const { status, problems } = await post({ headers: { Sender: 'Eve <eve@example.org>' } });
    assert.deepEqual([status, problems?.[0]?.field], [403, 'headers.Sender']);
    assert.equal((await post({ headers: { Sender: 'who?' } })).status, 403);
    assert.equal((await post({ headers: { sender: 'list@example.com' } })).status, 202);
  });

  it('has a return path of its own for each delivery, signed and at the domain it is from', async () => {
    const one = await post({});
    assert.deepEqual(
      factsOf(one.messageId).map((fact) => bounceOf(rig, fact)),
      ['return path at bounces.example.com'],
    );
    const to = (email: string) => ({ to: [{ email }] });
    const many = await post({ personalizations: [to('a@example.org'), to('b@example.org'), to('c@example.net')] });
    await until(() => factsOf(many.messageId).length === 3);
    const facts = factsOf(many.messageId);
    assert.ok(facts.every((fact) => bounceOf(rig, fact) === 'return path at bounces.example.com'));
    assert.equal(new Set(facts.map((fact) => rig.recipient(fact).mailFrom)).size, 3);
  });

  it('of another tenant that has none leaves as before, but not from a domain that is somebody’s', async () => {
    const { messageId } = await post({ from: { email: 'ann@example.org' } }, newcomer);
    assert.equal(bounceOf(rig, factsOf(messageId)[0]), 'ann@example.org');
    assert.equal((await post({ from: { email: 'eve@example.com' } }, newcomer)).status, 403);
  });

  it('is not judged where it is only looked at', async () => {
    const mail_settings = { sandbox_mode: { enable: true } };
    assert.equal((await post({ from: { email: 'ann@example.org' }, mail_settings })).status, 200);
  });

  const submit = async (raw: string, from = 'anybody@else.example') => {
    const transport = createTransport({
      host: '127.0.0.1',
      port: rig.ingest.submissionPort ?? 0,
      ignoreTLS: true,
      auth: { user: 'apikey', pass: KEYS.bulk },
    });
    const { response } = await transport.sendMail({ envelope: { from, to: 'bob@example.org' }, raw });
    return factsOf(/queued as (\S+)/.exec(response)?.[1])[0];
  };

  it('leaves over SMTP from them alone: 550 5.7.1 else', async () => {
    for (const header of [
      'From: ann@example.org',
      'From: ann@example.com, bob@example.org',
      'From: ann@example.com\r\nFrom: ann@example.com',
      'From: ann@example.com\r\nSender: eve@example.org',
      'From: ann@example.com <ann@example.org>',
      'From: "ann@example.com" <ann@shop.example>',
      'X-From: ann@example.com',
    ]) {
      await assert.rejects(
        submit(`${header}\r\nSubject: x\r\n\r\nHi\r\n`),
        /550 5\.7\.1 The (From|Sender) field/,
        header,
      );
    }
  });

  it('has its return path over SMTP too, whatever the envelope said, unless it said nothing', async () => {
    const raw = 'From: Ann\r\n <ann@news.example.com>\r\nSubject: x\r\n\r\nHi\r\n';
    assert.equal(bounceOf(rig, await submit(raw)), 'return path at bounces.example.com');
    assert.equal(bounceOf(rig, await submit(raw, '')), '');
  });

  it('needs no SMTPUTF8 for an envelope sender that is replaced', async () => {
    const fact = await submit('From: ann@example.com\r\nSubject: x\r\n\r\nHi\r\n', 'jürgen@example.com');
    assert.ok(fact);
    assert.equal(rig.recipient(fact).smtpUtf8, false);
  });

  it('keeps the headers for leaving a list as they were given, at both doors', async () => {
    const headers = {
      'List-Unsubscribe': '<https://example.com/u?id=1&x=a%20b>, <mailto:leave@example.com?subject=unsubscribe>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    };
    const { status, messageId } = await post({ headers });
    assert.equal(status, 202);
    const [posted] = factsOf(messageId);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const submitted = await submit(`From: ann@example.com\r\n${lines.join('')}\r\nHi\r\n`);
    for (const fact of [posted, submitted]) {
      assert.ok(fact);
      const unfolded = rig.message(fact).replaceAll(/\r\n (?=\S)/g, ' ');
      for (const line of lines) assert.ok(unfolded.includes(line), unfolded);
    }
  });
});

describe('mail in a sandbox', () => {
  it('may be from anybody', async () => {
    const rig = await start('sandbox');
    const { status } = await rig.ingest.mailSend.send(mailBody({ from: { email: 'ann@shop.example' } }), keyOf(rig));
    assert.equal(status, 202);
    await rig.stop();
  });
});
