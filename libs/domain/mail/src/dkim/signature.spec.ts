import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import { repairLineEnds } from '../line-ends.ts';
import { splitMessage } from './header-block.ts';
import { RelaxedBody } from './relaxed-body.ts';
import { signatureField, signatureInput, unsignedField } from './signature-field.ts';
import { signedHeader } from './signed-header.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const record = publicKey.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');

function signed(...pieces: readonly string[]): Buffer {
  const content = repairLineEnds(pieces.map((piece) => Buffer.from(piece, 'latin1')));
  const { header, body } = splitMessage(content);
  const hash = createHash('sha256');
  const canonical = new RelaxedBody((bytes) => hash.update(bytes));
  for (const piece of body) canonical.update(piece);
  canonical.finish();
  const fields = signedHeader(header);
  const unsigned = unsignedField({
    algorithm: 'ed25519-sha256',
    domain: 'example.com',
    selector: 's1',
    signedAt: 1_700_000_000,
    names: fields.names,
    bodyHash: hash.digest('base64'),
  });
  const digest = createHash('sha256').update(signatureInput(fields, unsigned)).digest();
  const field = signatureField(unsigned, sign(null, digest, privateKey).toString('base64'));
  return Buffer.concat([Buffer.from(field), ...content]);
}

async function verdict(message: Buffer): Promise<string | undefined> {
  const { results } = await dkimVerify(message, {
    resolver: async (name, type) => {
      assert.deepEqual([name, type], ['s1._domainkey.example.com', 'TXT']);
      return [[`v=DKIM1; k=ed25519; p=${record}`]];
    },
  });
  assert.equal(results.length, 1);
  return results[0]?.status.result;
}

const HEADER = 'From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nSubject: hello\r\n';

describe('a signature', () => {
  for (const [shape, ...pieces] of [
    ['a plain message', `${HEADER}\r\nHello Bob\r\n`],
    ['a message in pieces', HEADER, 'MIME-Version: 1.0\r\n', '\r\n', 'Hello', ' Bob\r\n'],
    ['a message cut within its blank line', `Received: by us\r\n`, `${HEADER}\r`, '\nHello\r\n'],
    ['a message cut within a field', 'From: ann@example.com\r\nSubject: hello', '\r\nTo: x@example.net\r\n\r\nHi\r\n'],
    ['bare line ends', `${HEADER}\r\na\nb\rc\n\n.\n`],
    ['no end of the last line', `${HEADER}\r\nHello`],
    ['an empty body', `${HEADER}\r\n`],
    ['no body at all', HEADER],
    ['empty lines at the end', `${HEADER}\r\nHello \t\r\n\r\n  \r\n`],
    ['leading dots and white space', `${HEADER}\r\n.\r\n..\r\n  a\t b \r\n`],
    ['eight-bit bytes', `${HEADER}X: \u00e4\u00ff\r\n\r\n\u00e4\u0080\u00ff\r\n`],
    [
      'a folded header',
      `From: Ann\r\n  <ann@example.com>\r\nSubject:  a \t b \r\n\tc\r\nto:x@example.net\r\n\r\nHi\r\n`,
    ],
    ['repeated fields', `${HEADER}References: <1>\r\nIn-Reply-To: <2>\r\nTo: eve@example.net\r\n\r\nHi\r\n`],
    ['a long line', `${HEADER}\r\n${'word '.repeat(4000)}\r\n`],
    ['obsolete space before a colon', `${HEADER}Reply-To : ann@example.com\r\n\r\nHi\r\n`],
  ] as const) {
    it(`over ${shape} verifies`, async () => {
      assert.equal(await verdict(signed(...pieces)), 'pass');
    });
  }

  it('verifies wherever the message is cut', async () => {
    const text = `${HEADER}Content-Type: text/plain\r\n\r\nHello \r\n\r\n`;
    const whole = signed(text);
    for (let cut = 0; cut <= text.length; cut++) assert.deepEqual(signed(text.slice(0, cut), text.slice(cut)), whole);
  });

  it('over any message verifies, and over another body does not', async () => {
    const unit = fc.constantFrom('a', '.', ' ', '\t', '\r', '\n', '\r\n', '=', '\u00e4');
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 40 }), fc.nat(40), async (body, cut) => {
        const message = signed(`${HEADER}\r\n${body.slice(0, cut)}`, body.slice(cut));
        assert.equal(await verdict(message), 'pass');
        assert.notEqual(await verdict(Buffer.concat([message, Buffer.from('x\r\n')])), 'pass');
      }),
      { numRuns: 100 },
    );
  });

  it('breaks when a field that should be there once is added', async () => {
    const message = signed(`${HEADER}\r\nHello\r\n`);
    for (const field of [
      'From: eve@example.org',
      'Subject: other',
      'Reply-To: e@example.org',
      'Content-Type: text/html',
    ]) {
      assert.notEqual(await verdict(Buffer.concat([Buffer.from(`${field}\r\n`), message])), 'pass', field);
    }
    assert.equal(await verdict(Buffer.concat([Buffer.from('Received: by a hop\r\n'), message])), 'pass');
  });

  it('is folded, covers the body whole and does not expire', () => {
    const text = signed(`${HEADER}\r\nHello\r\n`).toString('latin1');
    const field = text.slice(0, text.indexOf('\r\nFrom:'));
    for (const line of field.split('\r\n')) assert.ok(line.length <= 76, line);
    assert.doesNotMatch(field, /[ ;][lx]=/);
    assert.match(field, /;\s+s=s1;\s+t=1700000000;/);
    assert.match(field.replaceAll('\r\n ', ''), /h=from:from:to:to:cc:subject:subject:date:/);
  });
});
