import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { bodyFor, encodeRecipient, readRecipient, recipientBlob, recipientReference } from './stored-mail.ts';
import { listRecipients, RecipientBlobs, type RecipientEntry, type SharedByRecipients } from './stored-recipients.ts';

const SHARED: SharedByRecipients = {
  messageId: 'm',
  mailFrom: 'shop@example.com',
  head: 'From: Shop <shop@example.com>\r\nSubject: Höchste Zeit\r\n',
  messageIdDomain: 'example.com',
  sendAt: 1000,
  eightBit: false,
};

function entryOf(index: number, changes: Partial<RecipientEntry> = {}): RecipientEntry {
  const { mailFrom, sendAt, eightBit } = SHARED;
  return {
    address: `r${index}@example.org`,
    index,
    partition: index % 3,
    recipientHash: 'ab'.repeat(16),
    size: 1234,
    head: `To: r${index}@example.org\r\n`,
    mailFrom,
    sendAt,
    eightBit,
    smtpUtf8: false,
    ownMessageId: false,
    ...changes,
  };
}

function stored(entries: readonly RecipientEntry[], sharesHead = false): readonly Uint8Array[] {
  const blobs = new RecipientBlobs(SHARED);
  for (const entry of entries) blobs.add(entry, sharesHead);
  return blobs.finish();
}

const readBack = (blobs: readonly Uint8Array[]) =>
  blobs.flatMap((blob) =>
    listRecipients(blob).map((listed) => ({
      listed,
      recipient: readRecipient(blob, recipientReference('c1', listed.start, listed.length)),
    })),
  );

describe('recipients stored together', () => {
  it('are read back one by one, each with its whole head', () => {
    const [, second] = readBack(stored([entryOf(0), entryOf(1, { customArgs: { a: 'b' }, smtpUtf8: true })]));
    assert.deepEqual(second?.recipient, {
      mailFrom: 'shop@example.com',
      address: 'r1@example.org',
      head: `${SHARED.head}To: r1@example.org\r\nMessage-ID: <m.1.1@example.com>\r\n`,
      eightBit: false,
      smtpUtf8: true,
      customArgs: { a: 'b' },
    });
  });

  it('keep what differs from the others, whatever it is', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 20 });
    const changes = fc.record(
      {
        address: fc.constantFrom('jürgen@example.org', '"a\\"b"@example.org', 'a@b.example'),
        mailFrom: fc.constantFrom('', 'b-token@bounces.example.com', SHARED.mailFrom),
        sendAt: fc.nat(),
        eightBit: fc.boolean(),
        smtpUtf8: fc.boolean(),
        ownMessageId: fc.boolean(),
        head: text,
        customArgs: fc.dictionary(text, text),
        substitutions: fc.dictionary(text, text),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(changes, { minLength: 1, maxLength: 8 }), fc.boolean(), (all, sharesHead) => {
        const entries = all.map((own, index) => entryOf(index, own));
        const read = readBack(stored(entries, sharesHead));
        assert.equal(read.length, entries.length);
        for (const [i, { listed, recipient }] of read.entries()) {
          const { index, partition, recipientHash, size, sendAt, ...entry } = entryOf(i, all[i]);
          const { start: _, length: __, address, ...rest } = listed;
          assert.deepEqual(rest, { index, partition, recipientHash, size, sendAt });
          const { head, ownMessageId, ...expected } = entry;
          const messageId = ownMessageId ? '' : `Message-ID: <m.${index}.${partition}@example.com>\r\n`;
          assert.equal(address, entry.address);
          assert.deepEqual(JSON.parse(JSON.stringify(recipient)), {
            ...JSON.parse(JSON.stringify(expected)),
            head: `${SHARED.head}${head}${messageId}`,
          });
        }
      }),
    );
  });

  it('lie in blobs small enough to be read for one, a hundred bytes or so each', () => {
    const blobs = stored(Array.from({ length: 1000 }, (_, i) => entryOf(i)));
    assert.ok(blobs.every(({ length }) => length < 40_000));
    assert.ok(blobs.reduce((sum, { length }) => sum + length, 0) < 130 * 1000);
    assert.deepEqual(
      readBack(blobs).map(({ listed }) => listed.index),
      Array.from({ length: 1000 }, (_, i) => i),
    );
  });

  it('of one personalization share its head, which every blob holds once', () => {
    const head = `To: ${'somebody@example.org, '.repeat(900)}x@example.org\r\n`;
    const blobs = stored(
      Array.from({ length: 1000 }, (_, i) => entryOf(i, { head })),
      true,
    );
    assert.ok(blobs.reduce((sum, { length }) => sum + length, 0) < 20 * head.length);
    for (const { recipient } of readBack(blobs)) assert.ok(recipient.head.includes(head));
  });

  it('have references that name their blob; a recipient alone is its blob', () => {
    const alone = { mailFrom: '', address: 'a@b.example', head: '', eightBit: false, smtpUtf8: false };
    assert.equal(recipientBlob(recipientReference('0-1a-2', 77, 9)), '0-1a-2');
    assert.equal(recipientBlob('0-1a-2'), '0-1a-2');
    assert.match(recipientReference('0-1a-2', 77, 9), /^[A-Za-z0-9._~-]{1,64}$/);
    assert.deepEqual(readRecipient(encodeRecipient(alone), 'm7'), alone);
  });

  it('are not found where there are none', () => {
    const [blob = new Uint8Array()] = stored([entryOf(0)]);
    for (const [start, length] of [
      [0, 10],
      [1_000_000, 10],
      [0, blob.indexOf(10)],
    ] as const) {
      assert.throws(() => readRecipient(blob, recipientReference('c', start, length)), /SyntaxError|TypeError/);
    }
    assert.throws(() => listRecipients(encoderOf('')), /SyntaxError|TypeError/);
  });
});

const encoderOf = (text: string) => new TextEncoder().encode(text);

describe('the body of a recipient', () => {
  it('without substitutions is the shared one itself, not a copy', () => {
    const body = new Uint8Array(10);
    assert.equal(bodyFor({}, body)[0], body);
  });
});
