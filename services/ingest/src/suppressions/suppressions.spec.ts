import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import type { AnyAppendBatch } from '@penstock/ports';
import { RefusedChange } from '../administration/refused-change.ts';
import { KEYS, mailBody, NOW, type Rig, startIngest, until } from '../ingest-rig.spec.ts';
import { readAddresses, readChange, readPage } from './suppression-requests.ts';

const ANN = 'ann@example.org';
const keyOf = (rig: Rig) => {
  const key = rig.ingest.keys.find(KEYS.bulk);
  assert.ok(key);
  return key;
};
const factsOf = (rig: Rig) => rig.processed() as readonly Fact[];
const to = (...addresses: readonly string[]) => ({
  personalizations: addresses.map((email) => ({ to: [{ email }] })),
});

async function send(rig: Rig, changes: Readonly<Record<string, unknown>>): Promise<void> {
  assert.equal((await rig.ingest.mailSend.send(mailBody(changes), keyOf(rig))).status, 202);
}

/** Facts as `address type`, in the order of their addresses. */
function told(rig: Rig): readonly string[] {
  const addresses = new Map(rig.processed().flatMap((fact) => named(rig, fact)));
  return factsOf(rig)
    .map(({ deliveryId = '', type }) => `${addresses.get(deliveryId)} ${type}`)
    .sort();
}

function named(rig: Rig, fact: ReturnType<Rig['processed']>[number]): [string, string][] {
  return fact.type === 'processed' ? [[fact.deliveryId ?? '', rig.recipient(fact).address]] : [];
}

describe('mail to a suppressed address', () => {
  it('is accepted and dropped at once, and nothing is sent', async () => {
    const rig = await startIngest();
    const { added } = await rig.ingest.suppressionLists.add('acme', [
      { address: 'Ann@Example.org', reason: 'complaint' },
    ]);
    assert.equal(added, 1);
    await send(rig, to(ANN));
    const [processed, dropped] = factsOf(rig);
    assert.equal(processed?.type, 'processed');
    assert.equal(dropped?.type, 'dropped');
    assert.deepEqual(dropped?.body, {
      cause: 'suppressed',
      attempts: 0,
      heldMs: 0,
      remoteMs: 0,
      suppression: 'complaint',
    });
    assert.deepEqual([dropped?.deliveryId, dropped?.release], [processed?.deliveryId, 0]);
    await rig.stop();
  });

  it('leaves the others of its message alone', async () => {
    const rig = await startIngest();
    await rig.ingest.suppressionLists.add('acme', [{ address: ANN }]);
    await send(rig, to(ANN, 'bob@example.org', 'cyd@example.org'));
    await until(() => rig.processed().length === 4);
    const expected = [`${ANN} dropped`, `${ANN} processed`, 'bob@example.org processed', 'cyd@example.org processed'];
    assert.deepEqual(told(rig), expected);
    await rig.stop();
  });

  it('goes to another tenant’s, to those that are suppressed no more, and where the sender bypasses the list', async () => {
    const rig = await startIngest();
    const lists = rig.ingest.suppressionLists;
    await lists.add('globex', [{ address: ANN }]);
    await lists.add('acme', [
      { address: 'bob@example.org', reason: 'bounce' },
      { address: 'cyd@example.org', reason: 'bounce' },
    ]);
    await lists.remove('acme', ['bob@example.org']);
    await send(rig, to(ANN, 'bob@example.org'));
    await send(rig, { ...to('cyd@example.org'), mail_settings: { bypass_bounce_management: { enable: true } } });
    await until(() => rig.processed().length === 3);
    assert.deepEqual(told(rig), [`${ANN} processed`, 'bob@example.org processed', 'cyd@example.org processed']);
    const bypassing = rig.processed().find(({ body }) => body.bypass !== undefined);
    assert.deepEqual(bypassing?.body.bypass, ['bounce']);
    await rig.stop();
  });

  it('that is for later is not judged yet', async () => {
    const rig = await startIngest();
    await rig.ingest.suppressionLists.add('acme', [{ address: ANN }]);
    await send(rig, { ...to(ANN), send_at: NOW / 1000 + 60 });
    assert.deepEqual(told(rig), [`${ANN} processed`]);
    await rig.stop();
  });
});

describe('the suppressions of a tenant', () => {
  it('are listed with their addresses, in pages, for the tenant alone', async () => {
    const rig = await startIngest();
    const lists = rig.ingest.suppressionLists;
    const names = Array.from({ length: 7 }, (_, i) => `r${i}@example.org`);
    await lists.add(
      'acme',
      names.map((address) => ({ address, reason: 'unsubscribe', expires_at: NOW + 1 })),
    );
    await lists.add('globex', [{ address: ANN }]);
    const seen: (string | null)[] = [];
    let after: string | undefined;
    do {
      const page = await lists.list('acme', { limit: 3, ...(after === undefined ? {} : { after }) });
      seen.push(...page.suppressions.map(({ address }) => address));
      after = page.next;
    } while (after !== undefined);
    assert.deepEqual(seen.sort(), names);
    assert.deepEqual(await lists.find('acme', ['R3@example.org', ANN]), [
      { address: 'r3@example.org', reason: 'unsubscribe', addedAt: NOW, expiresAt: NOW + 1 },
    ]);
    assert.deepEqual((await lists.list('acme', { limit: 9, reason: 'bounce' })).suppressions, []);
    await rig.stop();
  });

  it('take what is right of a list and say what is not, without the address', async () => {
    const rig = await startIngest();
    const lists = rig.ingest.suppressionLists;
    const entries = [
      { address: ANN },
      { address: 'nobody' },
      { address: 'bob@example.org', reason: 'spite' },
      { address: 'bob@example.org', expires_at: 'soon' },
      { address: 'cyd@example.org', expires_at: NOW - 1 },
      { address: ' ann@example.org ' },
      'dan@example.org',
    ];
    const answer = await lists.add('acme', entries);
    assert.deepEqual([answer.added, answer.unchanged], [1, 2]);
    assert.deepEqual(
      answer.refused.map(({ index }) => index),
      [1, 2, 3, 6],
    );
    assert.ok(!JSON.stringify(answer).includes('example.org'));
    assert.deepEqual(await lists.add('acme', [{ address: ANN }]), { added: 0, unchanged: 1, refused: [] });
    assert.equal((await lists.add('acme', [{ address: ANN, reason: 'bounce' }])).added, 1);
    assert.deepEqual((await lists.remove('acme', [ANN, 'x', 'eve@example.org'])).refused.length, 1);
    assert.deepEqual(await lists.remove('acme', [ANN]), { removed: 0, unknown: 1, refused: [] });
    await rig.stop();
  });

  it('are durable before the answer: a log that does not say so leaves it open', async () => {
    let failing = false;
    const fail = (batches: readonly AnyAppendBatch[]) => {
      if (failing && batches[0]?.topic === 'mail.directory') throw new Error('no acknowledgement');
    };
    const rig = await startIngest({ hooks: { beforeAcknowledge: fail } });
    failing = true;
    await assert.rejects(rig.ingest.suppressionLists.add('acme', [{ address: ANN }]), (error) => {
      assert.ok(error instanceof RefusedChange);
      return error.status === 503;
    });
    failing = false;
    await rig.ingest.suppressionLists.add('acme', [{ address: ANN }]);
    assert.equal((await rig.ingest.suppressionLists.find('acme', [ANN])).length, 1);
    assert.ok(!JSON.stringify(rig.logged).includes('@'));
    await rig.stop();
  });

  it('stand in the log with a hash, and no address', async () => {
    const rig = await startIngest();
    await rig.ingest.suppressionLists.add('acme', [{ address: ANN }]);
    const records = rig.logData.read('mail.directory', 0, 0, 10).map(({ record }) => JSON.stringify(record));
    assert.equal(records.length, 1);
    assert.ok(!records.join().includes('ann'));
    await rig.stop();
  });
});

describe('what is asked of suppressions', () => {
  const mail = { tenant: 'acme', class: 'bulk', scopes: new Set(['mail'] as const) } as const;
  const operator = { ...mail, scopes: new Set(['mail', 'operate'] as const) };
  const statusOf = (ask: () => unknown) => {
    try {
      ask();
    } catch (error) {
      if (error instanceof RefusedChange) return error.status;
      throw error;
    }
    return 200;
  };

  it('is the key’s own tenant, and any for an operator', () => {
    assert.equal(readPage({}, mail).tenant, 'acme');
    assert.equal(readPage({ tenant: 'acme' }, mail).tenant, 'acme');
    assert.equal(
      statusOf(() => readPage({ tenant: 'globex' }, mail)),
      403,
    );
    assert.equal(readPage({ tenant: 'globex' }, operator).tenant, 'globex');
  });

  it('has bounds', () => {
    assert.deepEqual(readPage({ limit: '7', reason: 'bounce' }, mail).page, { limit: 7, reason: 'bounce' });
    const bad = [{ limit: '0' }, { limit: '1001' }, { limit: 'x' }, { after: 'x' }, { reason: 'x' }, { page: '1' }];
    for (const query of bad)
      assert.equal(
        statusOf(() => readPage(query, mail)),
        400,
        JSON.stringify(query),
      );
    assert.equal(readChange({ suppressions: [{}] }, mail).entries.length, 1);
    const tooMany = Array.from({ length: 1001 }, () => ({}));
    for (const suppressions of [[], {}, tooMany])
      assert.equal(
        statusOf(() => readChange({ suppressions }, mail)),
        400,
      );
    assert.deepEqual(readAddresses({ addresses: [ANN] }, mail), { tenant: 'acme', addresses: [ANN] });
    assert.equal(
      statusOf(() => readAddresses([], mail)),
      400,
    );
  });
});
