import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BudgetBook, runWithBook } from './budget-book.ts';
import { HOUR, MINUTE, PartitionHistory, releasedIds, releasesIn, SECOND, START } from './specification.ts';

const HOURLY = { count: 60, periodMs: HOUR, burst: 1 };
const PATH = 'ip-1|site:example.com';
const KEY = `${PATH}|hour`;
/** Between two tokens: what is granted may be at `RCPT` 5 s + `start_within` + `attempt_max` later. */
const INTERVAL = Math.ceil((HOUR + 5 * SECOND + MINUTE + 10 * MINUTE) / 60);

function limited(more: ConstructorParameters<typeof PartitionHistory>[0] = {}): PartitionHistory {
  return new PartitionHistory({ ...more, shaping: { maxMessageRate: HOURLY, ...more.shaping } }).claim();
}

describe('mail under an hourly limit', () => {
  it('wants a token of the path, ranked by the mail that waits longest, and goes when it is granted', () => {
    const history = limited();
    history.mail({ acceptedAt: START - MINUTE });
    const { records, wants } = history.ask(START);
    assert.deepEqual(records, []);
    const budget = { key: KEY, limit: 60, periodMs: HOUR, grantToRcptMs: 665_000 };
    const rank = { class: 'bulk', engagement: 0, since: START - MINUTE };
    assert.deepEqual(wants, [{ line: KEY, budgets: [budget], count: 1, rank }]);
    history.purse.ask(wants);
    const left = [{ key: KEY, left: 7 }];
    history.purse.answered(wants, [{ granted: 1, retryAfterMs: 0, left }], START, START);
    const { records: released, used } = history.ask(START);
    assert.equal(releasedIds(released).length, 1);
    assert.deepEqual(releasesIn(released)[0]?.body.decision.budgets, left);
    assert.deepEqual([...used], [[KEY, 1]]);
  });

  it('says when it can go on, and polls nothing until then', () => {
    const history = limited();
    const book = new BudgetBook();
    for (let i = 0; i < 3; i++) history.mail();
    const first = runWithBook(history, book, START);
    assert.equal(releasedIds(first.records).length, 1);
    assert.equal(first.wakeAt, START + INTERVAL);
    const asked = book.asked.length;
    assert.equal(runWithBook(history, book, START + INTERVAL - 1).records.length, 0);
    assert.equal(book.asked.length, asked);
    assert.equal(releasedIds(runWithBook(history, book, START + INTERVAL).records).length, 1);
  });

  it('is not asked for twice while the answer is awaited', () => {
    const history = limited();
    history.mail();
    const { wants } = history.ask(START);
    history.purse.ask(wants);
    history.mail();
    assert.deepEqual(history.ask(START + 1).wants, []);
  });

  it('tells that it waits for the limit, after five minutes', () => {
    const history = limited({ shaping: { maxMessageRate: { count: 1, periodMs: HOUR, burst: 1 } } });
    const book = new BudgetBook();
    history.mail();
    history.mail();
    runWithBook(history, book, START);
    assert.deepEqual(runWithBook(history, book, START + 5 * MINUTE - 1).records, []);
    const [notice] = runWithBook(history, book, START + 5 * MINUTE).records;
    assert.ok(notice?.type === 'deferred' && notice.body.cause === 'held');
    assert.deepEqual(notice.body.reasons, ['hourly_limit']);
    assert.match(notice.body.text, /\[IPs reached ISP-suggested hourly limits\]/);
    assert.equal(history.delivery(notice.deliveryId ?? '').life.attempts, 0);
  });

  it('keeps no token for longer than a second', () => {
    const history = limited();
    const id = history.mail();
    const { wants } = history.ask(START);
    history.purse.ask(wants);
    history.purse.answered(wants, [{ granted: 1, retryAfterMs: 0, left: [{ key: KEY, left: 0 }] }], START, START);
    const late = history.ask(START + SECOND);
    assert.deepEqual(late.records, [], `${id} waits`);
    assert.equal(late.wants.length, 1);
  });

  it('uses no token twice: what was proposed and is not in the log has lost its own', () => {
    const history = limited();
    const book = new BudgetBook();
    history.mail();
    let lost = 0;
    const { records, wakeAt } = runWithBook(history, book, START, () => lost++ === 0);
    assert.deepEqual(records, []);
    assert.equal(wakeAt, START + INTERVAL);
    assert.equal(releasedIds(runWithBook(history, book, START + INTERVAL).records).length, 1);
  });

  it('asks for no more than its lanes have due, whichever source may take it', () => {
    const history = limited({ sources: ['ip-1', 'ip-2', 'ip-3'] });
    history.mail();
    history.mail({ sendAt: START + HOUR });
    const { wants } = history.ask(START);
    assert.deepEqual(
      wants.map(({ count }) => count),
      [1],
    );
  });

  it('tries the other sources of the pool when one has nothing left', () => {
    const history = limited({ sources: ['ip-1', 'ip-2', 'ip-3'] });
    const book = new BudgetBook();
    for (let i = 0; i < 10; i++) history.mail();
    const { records } = runWithBook(history, book, START);
    const sources = releasesIn(records).map(({ body }) => body.source);
    assert.deepEqual(sources.sort(), ['ip-1', 'ip-2', 'ip-3']);
    assert.equal(releasedIds(records).length, 3);
  });

  it('gives a second of the rate at a time where that is more than one', () => {
    const history = limited({
      shaping: { maxMessageRate: { count: 72_000, periodMs: HOUR, burst: 1 }, connectionLimit: 50 },
    });
    const book = new BudgetBook();
    for (let i = 0; i < 100; i++) history.mail();
    const { records } = runWithBook(history, book, START);
    assert.equal(releasedIds(records).length, 16);
  });

  it('serves transactional mail first, then the older', () => {
    const history = limited();
    const book = new BudgetBook();
    runWithBook(history, book, START);
    const younger = history.mail({ domain: 'b.example', acceptedAt: START - SECOND });
    const older = history.mail({ domain: 'c.example', acceptedAt: START - MINUTE });
    const first = history.mail({ domain: 'd.example', class: 'transactional' });
    for (const domain of ['b.example', 'c.example', 'd.example']) history.sites.set(domain, { site: 'one' });
    const order = [0, 1, 2].flatMap((turn) => releasedIds(runWithBook(history, book, START + turn * INTERVAL).records));
    assert.deepEqual(order, [first, older, younger]);
  });

  it('gives up its place when nothing is left to send', () => {
    const history = limited();
    const book = new BudgetBook();
    history.mail();
    const second = history.mail();
    const { records } = runWithBook(history, book, START);
    assert.deepEqual(book.waiting(KEY), ['partition-0']);
    assert.equal(releasedIds(records).includes(second), false);
    runWithBook(history, book, START + 30 * SECOND);
    history.append(dropped(history, second, START + 31 * SECOND));
    runWithBook(history, book, START + 32 * SECOND);
    assert.deepEqual(book.waiting(KEY), []);
  });
});

describe('mail that needs no budget', () => {
  it('goes at once, in the decision that asks for others', () => {
    const providers = [{ name: 'big', match: [], shaping: { maxMessageRate: HOURLY } }];
    const history = new PartitionHistory({ providers }).claim();
    const free = history.mail();
    history.mail({ domain: 'big.example' });
    history.sites.set('big.example', { site: 'big.example', provider: 'big' });
    const { records, wants } = history.ask(START);
    assert.deepEqual(releasedIds(records), [free]);
    assert.deepEqual(releasesIn(records)[0]?.body.decision.budgets, []);
    assert.deepEqual(
      wants.map(({ line }) => line),
      ['ip-1|provider:big|hour'],
    );
  });

  it('is all there is when the policy lifts the limit', () => {
    const history = limited();
    const book = new BudgetBook();
    history.mail();
    history.mail();
    runWithBook(history, book, START);
    history.policy = new PartitionHistory().policy;
    assert.equal(releasedIds(runWithBook(history, book, START + SECOND).records).length, 1);
  });
});

function dropped(history: PartitionHistory, id: string, at: number) {
  const { life } = history.delivery(id);
  const body = { cause: 'expired' as const, attempts: 0, heldMs: 0, remoteMs: 0 };
  const about = { version: 1 as const, partition: 0, deliveryId: id, tenant: 'acme', release: life.release };
  return { ...about, id: `dropped-${id}`, type: 'dropped' as const, at, body };
}
