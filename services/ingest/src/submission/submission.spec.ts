import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiKeyring, parseApiKeys } from '@penstock/access';
import { foldDirectory } from '@penstock/directory';
import type { DomainAdded } from '@penstock/events';
import { type Policy, parsePolicy } from '@penstock/policy';
import type { StorageRoom } from '@penstock/ports';
import { Acceptance, type Submission as Accepted, headOf } from '../acceptance/acceptance.ts';
import { Admission } from '../acceptance/admission.ts';
import { countingRandom, NOW, POLICY } from '../ingest-rig.spec.ts';
import type { SchedulerLag } from '../lag/scheduler-lag.ts';
import { senderRules } from '../senders/sender-rules.ts';
import { Submission, type SubmissionRefused, type SubmittedEnvelope } from './submission.ts';

const keys = new ApiKeyring(parseApiKeys('acme:bulk:bulk-key-1'));

interface Surroundings {
  readonly policy?: Policy | undefined;
  readonly fail?: boolean;
  readonly room?: StorageRoom;
  readonly lag?: Pick<SchedulerLag, 'behind'>;
  readonly directory?: readonly DomainAdded[];
}

function under(
  options: Surroundings = {
    policy: parsePolicy(POLICY),
  },
) {
  const accepted: Accepted[] = [];
  class Recording extends Acceptance {
    override async accept(submission: Accepted): Promise<void> {
      if (options.fail) throw new Error('disk full');
      accepted.push(submission);
    }
  }
  const unused = () => Promise.reject(new Error('unused'));
  const log = {
    partitionCount: () => 4,
    append: unused,
    read: unused,
    bounds: unused,
    committed: unused,
    commit: unused,
    join: unused,
  };
  const acceptance = new Recording({
    log,
    content: { put: unused, get: unused },
    recipientKey: new Uint8Array(32),
    returnPathKey: new Uint8Array(32),
    suppressions: { reasonFor: () => undefined },
    timers: { after: () => ({ cancel: () => {} }), sleep: async () => {} },
  });
  const clock = { now: () => NOW, monotonic: () => 0 };
  const telemetry = { log: () => {} };
  const senders = senderRules({ state: foldDirectory(options.directory ?? []) }, () => false);
  const shared = { acceptance, keys, senders, clock, wallClock: clock, random: countingRandom(), telemetry };
  const admission = new Admission(1, options.room, options.lag);
  const deps = { ...shared, admission, policy: () => options.policy };
  return { accepted, submission: new Submission(deps, 'mx.penstock.example') };
}

const key = keys.find('bulk-key-1');
assert.ok(key);
const envelope: SubmittedEnvelope = {
  key,
  mailFrom: 'shop@example.com',
  recipients: ['ann@example.org'],
  smtpUtf8: false,
  protocol: 'ESMTPA',
};

const heads = (submission: Accepted | undefined) =>
  submission?.copies.map((copy) => headOf(submission, copy, 'd.0.1')) ?? [];
const code = (expected: number) => (error: { code?: number }) => error.code === expected;
/** Content in whole lines. */
const bytes = (text: string) => ({
  bytes: Buffer.from(text, 'latin1'),
  eightBit: /[\u0080-\u00ff]/.test(text),
  bareLineEnds: false,
  longLines: /[^\n]{999}/.test(text),
});

describe('SMTP submission', () => {
  it('knows the user apikey with a valid key and nobody else', () => {
    const { submission } = under();
    assert.equal(submission.authenticate('apikey', 'bulk-key-1').tenant, 'acme');
    assert.throws(() => submission.authenticate('apikey', 'bulk-key-2'), code(535));
    assert.throws(() => submission.authenticate('acme', 'bulk-key-1'), code(535));
    assert.throws(() => submission.authenticate('', ''), code(535));
  });

  it('takes a null sender, and refuses addresses that are none with 553', () => {
    const { submission } = under();
    submission.checkSender(key, '', false);
    submission.checkSender(key, 'shop@example.com', false);
    submission.checkRecipient('jürgen@example.org', true);
    for (const bad of [
      'shop',
      'a@b',
      'a b@example.org',
      'a\r\nRCPT TO:<b@example.org>@example.org',
      'a\0@example.org',
    ]) {
      assert.throws(() => submission.checkSender(key, bad, false), code(553), bad);
      assert.throws(() => submission.checkRecipient(bad, false), code(553), bad);
    }
    assert.throws(() => submission.checkRecipient('', false), code(553));
    assert.throws(() => submission.checkRecipient('jürgen@example.org', false), code(553));
  });

  it('puts Received first, then Date and Message-ID where they are missing', async () => {
    const { submission, accepted } = under();
    const id = await submission.submit(envelope, bytes('Subject: x\r\n\r\ny\r\n'));
    const head = heads(accepted[0])[0];
    assert.equal(
      head?.replace(/\r\n /g, ' '),
      `Received: by mx.penstock.example with ESMTPA id ${id}; Tue, 01 Jan 2030 00:00:00 +0000\r\n` +
        'Date: Tue, 01 Jan 2030 00:00:00 +0000\r\nMessage-ID: <d.0.1@example.com>\r\n',
    );
  });

  it('keeps the Date and Message-ID a message brings, equal for all recipients', async () => {
    const { submission, accepted } = under();
    const message = bytes('Message-ID: <own@x>\r\nDate: today\r\n\r\ny\r\n');
    await submission.submit({ ...envelope, recipients: ['a@example.org', 'b@example.org'] }, message);
    const all = heads(accepted[0]);
    assert.equal(all.length, 2);
    for (const head of all) assert.doesNotMatch(head, /Date:|Message-ID:/);
  });

  it('names its own host in the Message-ID of a message without sender', async () => {
    const { submission, accepted } = under();
    await submission.submit({ ...envelope, mailFrom: '' }, bytes('\r\nx\r\n'));
    assert.match(heads(accepted[0])[0] ?? '', /<d\.0\.1@mx\.penstock\.example>/);
    assert.equal(accepted[0]?.copies[0]?.mailFrom, '');
  });

  it('needs SMTPUTF8 for its addresses, and for its headers where the client said so', async () => {
    const { submission, accepted } = under();
    const raw = bytes('Subject: \xc3\xbc\r\n\r\ny\r\n');
    await submission.submit(envelope, raw);
    await submission.submit({ ...envelope, smtpUtf8: true }, raw);
    await submission.submit({ ...envelope, smtpUtf8: true, recipients: ['jürgen@example.org'] }, bytes('\r\ny\r\n'));
    assert.deepEqual(
      accepted.map(({ copies }) => copies[0]?.smtpUtf8),
      [false, true, true],
    );
    assert.deepEqual(
      accepted.map(({ copies }) => copies[0]?.eightBit),
      [true, true, false],
    );
  });

  it('stores 8-bit text as 7-bit, and refuses a header line that is too long for any host', async () => {
    const { submission, accepted } = under();
    await submission.submit(envelope, bytes('MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\n\xc3\xbc\r\n'));
    assert.equal(accepted[0]?.copies[0]?.eightBit, false);
    assert.match(
      Buffer.from(accepted[0]?.body ?? []).toString(),
      /Content-Transfer-Encoding: base64\r\n\r\nw7wNCg==\r\n$/,
    );
    await assert.rejects(submission.submit(envelope, bytes(`X-Long: ${'x'.repeat(999)}\r\n\r\ny\r\n`)), code(554));
  });

  it('refuses a message that loops and one with X-SMTPAPI', async () => {
    const { submission, accepted } = under();
    await submission.submit(envelope, bytes(`${'Received: x\r\n'.repeat(100)}\r\ny\r\n`));
    await assert.rejects(submission.submit(envelope, bytes(`${'Received: x\r\n'.repeat(101)}\r\ny\r\n`)), code(554));
    await assert.rejects(submission.submit(envelope, bytes('x-smtpapi: {}\r\n\r\ny\r\n')), code(554));
    assert.equal(accepted.length, 1);
  });

  it('asks to try again while the disk is full, and bulk mail also while the scheduler is behind', () => {
    const policy = parsePolicy(POLICY);
    const room = { full: () => 'the disk is full', exhausted: () => undefined, onChange: () => {} };
    assert.throws(() => under({ policy, room }).submission.checkSender(key, '', false), code(452));
    const lag = { behind: () => ({ text: 'the scheduler is 61 s behind', retryAfterS: 30 }) };
    const behind = under({ policy, lag }).submission;
    assert.throws(
      () => behind.checkSender(key, '', false),
      (error: SubmissionRefused) => error.code === 451 && error.status === '4.3.2' && /61 s behind/.test(error.message),
    );
    behind.checkSender({ ...key, class: 'transactional' }, '', false);
  });

  it('asks to try again while it cannot decide or store', async () => {
    const undecided = under({ policy: undefined }).submission;
    assert.throws(() => undecided.checkSender(key, 'shop@example.com', false), code(451));
    await assert.rejects(undecided.submit(envelope, bytes('\r\ny\r\n')), code(451));
    const failing = under({ policy: parsePolicy(POLICY), fail: true }).submission;
    await assert.rejects(failing.submit(envelope, bytes('\r\ny\r\n')), code(451));
  });
});
