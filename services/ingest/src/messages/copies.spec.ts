import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildBody } from '@penstock/mail';
import libmime from 'libmime';
import { type Copy, headOf } from '../acceptance/acceptance.ts';
import { mailBody, NOW } from '../ingest-rig.spec.ts';
import { checkRequest } from '../mail-send/check-request.ts';
import { copiesOf, headsLength } from './copies.ts';

interface Headed extends Copy {
  /** The whole head, as a delivery of this id has it. */
  headAs(deliveryId: string): string;
}

function copies(changes: Readonly<Record<string, unknown>>): readonly Headed[] {
  const checked = checkRequest(mailBody(changes), { nowMs: NOW, isPool: () => true });
  assert.ok(checked.ok, JSON.stringify(checked));
  const all = copiesOf(checked.request, NOW);
  return all.copies.map((copy) => ({ ...copy, headAs: (deliveryId) => headOf(all, copy, deliveryId) }));
}

/** The fields of a copy as a mail reader shows them. */
function read(copy: Headed | undefined): Readonly<Record<string, readonly string[]>> {
  const head = copy?.headAs('m.0.1') ?? '';
  const decoded = libmime.decodeHeaders(head);
  return Object.fromEntries(
    Object.entries(decoded).map(([name, values]) => [name, [values].flat().map((value) => libmime.decodeWords(value))]),
  );
}

const address = (copy: Copy) => copy.mailbox.address;

describe('the copies of a request', () => {
  it('go to every to, cc and bcc, and show no bcc', () => {
    const all = copies({
      personalizations: [
        {
          to: [{ email: 'ann@example.org', name: 'Ann' }],
          cc: [{ email: 'cem@example.org' }],
          bcc: [{ email: 'bob@example.org' }],
        },
        { to: [{ email: 'dan@example.org' }] },
      ],
    });
    assert.deepEqual(all.map(address), ['ann@example.org', 'cem@example.org', 'bob@example.org', 'dan@example.org']);
    for (const copy of all.slice(0, 3)) {
      assert.deepEqual(read(copy).to, ['Ann <ann@example.org>']);
      assert.deepEqual(read(copy).cc, ['cem@example.org']);
      assert.doesNotMatch(copy.headAs('m.0.1'), /bob|dan/);
      assert.equal(copy.mailFrom, 'shop@example.com');
    }
    assert.equal(read(all[3]).cc, undefined);
  });

  it('have a Date, and a Message-ID of their own', () => {
    const [copy] = copies({});
    assert.deepEqual(read(copy).date, ['Tue, 01 Jan 2030 00:00:00 +0000']);
    assert.match(copy?.headAs('m.0.1') ?? '', /^Message-ID: <m\.0\.1@example\.com>\r$/m);
    assert.match(copy?.headAs('m.1.1') ?? '', /^Message-ID: <m\.1\.1@example\.com>\r$/m);
  });

  it('carry the headers of the request, Date and Message-ID only once', () => {
    const headers = { 'Message-ID': '<own@shop.example>', Date: 'Mon, 31 Dec 2029 00:00:00 +0000', 'X-Hoehe': 'groß' };
    const [copy] = copies({ headers });
    const fields = read(copy);
    assert.deepEqual(fields['message-id'], ['<own@shop.example>']);
    assert.deepEqual(fields.date, [headers.Date]);
    assert.deepEqual(fields['x-hoehe'], ['groß']);
  });

  it('say in any script what the request said', () => {
    const subject = 'Grüße aus 東京, "mit" =?Anführung?= — und noch viel mehr, damit es mehrere Zeilen werden';
    const from = { email: 'shop@bücher.example', name: 'Bücher, "gut" & günstig' };
    const [copy] = copies({
      subject,
      from,
      reply_to_list: [{ email: 'a@example.org', name: '東京' }, { email: 'b@example.org' }],
    });
    const fields = read(copy);
    assert.deepEqual(fields.subject, [subject]);
    assert.equal(copy?.mailFrom, 'shop@xn--bcher-kva.example');
    assert.deepEqual(fields.from, [`${from.name} <shop@xn--bcher-kva.example>`]);
    assert.deepEqual(fields['reply-to'], ['東京 <a@example.org>, b@example.org']);
    assert.equal(copy?.eightBit, false);
    assert.equal(copy?.smtpUtf8, false);
  });

  it('need SMTPUTF8 where a local part is not ASCII: for all who see it, for its owner alone when blind', () => {
    const utf8 = { email: 'jürgen@example.org' };
    const ann = { email: 'ann@example.org' };
    const flags = (lists: object) =>
      copies({ personalizations: [lists] }).map(({ smtpUtf8, eightBit }) => [smtpUtf8, eightBit]);
    assert.deepEqual(flags({ to: [ann], cc: [utf8] }), [
      [true, true],
      [true, true],
    ]);
    assert.deepEqual(flags({ to: [ann], bcc: [utf8] }), [
      [false, false],
      [true, false],
    ]);
  });

  it('have no line that is too long, and no way to begin another header', () => {
    const name = 'N'.repeat(3000);
    const to = Array.from({ length: 300 }, (_, i) => ({
      email: `r${i}@example.org`,
      name: i === 7 ? name : 'A "quoted", name',
    }));
    const [copy] = copies({
      personalizations: [{ to }],
      subject: 's'.repeat(5000),
      headers: { 'X-Long': 'v'.repeat(5000) },
    });
    const lines = copy?.headAs('m.0.1').split('\r\n') ?? [];
    for (const line of lines.slice(0, -1)) {
      assert.ok(line.length <= 998 && line.trim() !== '');
      assert.match(line, /^[\x20-\x7e]+$/);
    }
    assert.deepEqual(read(copy).subject, ['s'.repeat(5000)]);
  });

  it('are measured together before they are stored', () => {
    const all = copies({
      personalizations: [{ to: Array.from({ length: 100 }, (_, i) => ({ email: `r${i}@example.org` })) }],
    });
    assert.ok(headsLength(all) > 100 * 100 * 'r0@example.org'.length);
  });

  it('end where the shared body begins: head and body make one message', () => {
    const [copy] = copies({});
    const body = buildBody({ alternatives: [{ type: 'text/plain', text: 'Hi' }], attachments: [], boundarySeed: 'b' });
    const message = (copy?.headAs('m.0.1') ?? '') + Buffer.from(body).toString();
    assert.match(message, /Message-ID: <[^>]+>\r\nMIME-Version: 1\.0\r\n/);
    assert.equal(message.indexOf('\r\n\r\n'), message.length - '\r\n\r\nHi\r\n'.length);
  });
});
