import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { DkimKey } from '@penstock/events';
import { repairLineEnds, splitMessage } from '@penstock/mail';
import type { MessageSigner, SignRequest } from '@penstock/ports';
import { InProcessSigner } from './in-process-signer.ts';
import { DOMAIN, SECRET_KEY, sealedKey, verdicts } from './sealed-keys.spec.ts';
import { SigningPool } from './signing-pool.ts';

const HEADER = 'From: Ann <ann@example.com>\r\nTo: bob@example.net\r\nSubject: hello\r\n';
const HASH = /; b=|\r\n b=/;

let rsa: DkimKey;
let ed25519: DkimKey;

function request(text: string, keys: readonly DkimKey[], more: Partial<SignRequest> = {}): SignRequest {
  const { header, body } = splitMessage(repairLineEnds([Buffer.from(text)]));
  return { domain: DOMAIN, keys, header, body, signedAt: 1_700_000_000, ...more };
}

async function checked(signer: MessageSigner, text: string, keys: readonly DkimKey[]): Promise<readonly string[]> {
  const fields = await signer.sign(request(text, keys));
  return verdicts(Buffer.concat([Buffer.from(fields), ...repairLineEnds([Buffer.from(text)])]), keys);
}

before(async () => {
  rsa = await sealedKey('r1', 'rsa-sha256');
  ed25519 = await sealedKey('e1', 'ed25519-sha256');
});

for (const [name, open] of [
  ['threads', () => new SigningPool({ secretKey: SECRET_KEY, threads: 2 })],
  ['the process itself', () => new InProcessSigner(SECRET_KEY)],
] as const) {
  describe(`a signature made in ${name}`, () => {
    let signer: MessageSigner;
    before(() => {
      signer = open();
    });
    after(() => signer.close());

    it('verifies, of each key', async () => {
      assert.deepEqual(await checked(signer, `${HEADER}\r\nHello\r\n`, [rsa, ed25519]), ['pass', 'pass']);
      assert.deepEqual(await checked(signer, `${HEADER}\r\n`, [ed25519]), ['pass']);
      assert.deepEqual(await checked(signer, `${HEADER}\r\na \n.\n\n`, [rsa]), ['pass']);
    });

    it('is the same each time', async () => {
      const asked = request(`${HEADER}\r\nHello\r\n`, [rsa, ed25519]);
      assert.equal(await signer.sign(asked), await signer.sign(asked));
    });

    it('names no time where none is given', async () => {
      assert.doesNotMatch(await signer.sign(request(`${HEADER}\r\nHi\r\n`, [rsa], { signedAt: undefined })), /t=\d/);
    });

    it('is refused with a key that was sealed under another name or secret, or is of another kind', async () => {
      const text = `${HEADER}\r\nHello\r\n`;
      for (const [keys, domain] of [
        [[rsa, { ...ed25519 }], 'example.org'],
        [[{ ...rsa, selector: 'r2' }], DOMAIN],
        [[{ ...rsa, algorithm: 'ed25519-sha256' as const }], DOMAIN],
        [[ed25519, { ...rsa, sealedPrivateKey: 'AAAA' }], DOMAIN],
      ] as const) {
        await assert.rejects(signer.sign(request(text, keys, { domain })), Error);
      }
      assert.deepEqual(await checked(signer, text, [rsa]), ['pass']);
    });
  });
}

describe('signing threads', () => {
  it('answer each of many requests of one moment with its own signature', async () => {
    const pool = new SigningPool({ secretKey: SECRET_KEY, threads: 2 });
    const texts = Array.from({ length: 100 }, (_, n) => `${HEADER}X-Number: ${n}\r\n\r\nNumber ${n}\r\n`);
    const found = await Promise.all(texts.map((text) => checked(pool, text, [ed25519])));
    assert.ok(found.every(([verdict]) => verdict === 'pass'));
    assert.ok(pool.threads <= 2);
    await pool.close();
  });

  it('hash a body once that is known by a reference', async () => {
    const pool = new SigningPool({ secretKey: SECRET_KEY });
    const body = { bodyReference: 'body-1' };
    const right = request(`${HEADER}\r\nright\r\n`, [ed25519], body);
    const wrong = request(`${HEADER}\r\nother\r\n`, [ed25519], body);
    const [first, at, once] = await Promise.all([pool.sign(right), pool.sign(wrong), pool.sign(wrong)]);
    assert.match(first, HASH);
    assert.deepEqual([at, once, await pool.sign(wrong)], [first, first, first]);
    await pool.close();
  });

  it('let nobody wait for a body whose signature failed', async () => {
    const pool = new SigningPool({ secretKey: SECRET_KEY });
    const body = { bodyReference: 'body-1' };
    const bad = request(`${HEADER}\r\nHi\r\n`, [{ ...rsa, selector: 'other' }], body);
    const good = request(`${HEADER}\r\nHi\r\n`, [ed25519], body);
    const settled = await Promise.allSettled([pool.sign(bad), pool.sign(good)]);
    assert.equal(settled[0]?.status, 'rejected');
    assert.equal(settled[1]?.status, 'fulfilled');
    await pool.close();
  });

  it('finish what was asked for before they end, and take nothing more', async () => {
    const pool = new SigningPool({ secretKey: SECRET_KEY, threads: 2 });
    const asked = request(`${HEADER}\r\nHi\r\n`, [rsa], { bodyReference: 'b' });
    const signing = Promise.all(Array.from({ length: 50 }, () => pool.sign(asked)));
    await pool.close();
    assert.equal((await signing).length, 50);
    await assert.rejects(pool.sign(asked), /closed/);
  });

  it('cost nothing before there is anything to sign', async () => {
    const pool = new SigningPool({ secretKey: SECRET_KEY });
    assert.equal(await pool.sign(request(`${HEADER}\r\nHi\r\n`, [])), '');
    assert.equal(pool.threads, 0);
    await pool.close();
  });

  it('that fail are replaced, but not for ever', async () => {
    const threadModule = new URL('data:text/javascript,process.exit(1)');
    const pool = new SigningPool({ secretKey: SECRET_KEY, threads: 1, threadModule });
    const reasons: string[] = [];
    for (let i = 0; i < 10; i++) {
      const body = { bodyReference: `${i}` };
      await pool.sign(request(`${HEADER}\r\nHi\r\n`, [rsa], body)).catch((error: Error) => reasons.push(error.message));
    }
    assert.equal(reasons.length, 10);
    assert.match(reasons[0] ?? '', /thread ended/);
    assert.match(reasons[9] ?? '', /keep failing/);
    assert.equal(pool.threads, 0);
    await pool.close();
  });
});
