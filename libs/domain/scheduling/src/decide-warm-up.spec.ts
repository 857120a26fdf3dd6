import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BudgetBook, runWithBook } from './budget-book.ts';
import {
  HOUR,
  MINUTE,
  PartitionHistory,
  type PolicyOptions,
  releasedIds,
  releasesIn,
  SECOND,
  START,
} from './specification.ts';

const WAIT = 30 * MINUTE;
/** Between two tokens of a limit an hour: an hour and the longest time from grant to `RCPT`, over it. */
const interval = (limit: number) => Math.ceil((HOUR + 665 * SECOND) / limit);

/** `new` is in warm-up at 20 an hour; `old` is warm. */
function given(more: PolicyOptions = {}) {
  const history = new PartitionHistory({ sources: ['new', 'old'], ...more }).claim();
  history.warmUp('new', 20);
  return { history, book: new BudgetBook() };
}

/** Pool `default` has one source, in warm-up; what is above its limit may go to the source of pool `shared`. */
function sharing() {
  const pools = [
    { name: 'default', sources: ['new'], sharedWarmupPool: 'shared' },
    { name: 'shared', sources: ['spare'] },
  ];
  const retry = { deferralNoticeAfterMs: 96 * HOUR };
  const history = new PartitionHistory({ sources: ['new', 'spare'], pools, retry }).claim();
  history.warmUp('new', 20);
  return { history, book: new BudgetBook() };
}

const sourcesOf = (facts: Parameters<typeof releasesIn>[0]) =>
  releasesIn(facts).flatMap(({ body }) => body.deliveries.map(() => body.source));

describe('mail of a pool with a source in warm-up', () => {
  it('goes to that source first, with a token of its day, and says that it was warming', () => {
    const { history, book } = given();
    history.mail();
    const [released] = releasesIn(runWithBook(history, book, START).records);
    assert.equal(released?.body.source, 'new');
    assert.equal(released.body.warming, true);
    assert.deepEqual(released.body.decision.budgets, [{ key: 'warm-up|new', left: 0 }]);
  });

  it('waits for the next token, and after warmup_wait goes to a warm source', () => {
    const { history, book } = given();
    for (let i = 0; i < 12; i++) history.mail();
    assert.deepEqual(sourcesOf(runWithBook(history, book, START).records), ['new']);
    for (let n = 1; n * interval(20) < WAIT; n++) {
      assert.deepEqual(sourcesOf(runWithBook(history, book, START + n * interval(20)).records), ['new']);
    }
    assert.deepEqual(sourcesOf(runWithBook(history, book, START + WAIT - 1).records), []);
    const { records } = runWithBook(history, book, START + WAIT);
    assert.deepEqual(sourcesOf(records), ['old', 'old', 'old']);
    const [overflow] = releasesIn(records);
    assert.equal(overflow?.body.warming, undefined);
    assert.deepEqual(overflow?.body.decision.passedOver, [{ source: 'new', reason: 'hourly_limit' }]);
  });

  it('asks to be woken when it may overflow, if no token comes before', () => {
    const history = new PartitionHistory({ sources: ['new', 'old'], retry: { deferralNoticeAfterMs: HOUR } }).claim();
    history.warmUp('new', 1);
    const book = new BudgetBook();
    const first = history.mail();
    history.mail();
    runWithBook(history, book, START);
    history.append(history.delivered(first, START + SECOND));
    assert.equal(runWithBook(history, book, START + SECOND).wakeAt, START + WAIT);
  });

  it('does not wait when it is transactional', () => {
    const { history, book } = given();
    for (let i = 0; i < 3; i++) history.mail({ class: 'transactional' });
    assert.deepEqual(sourcesOf(runWithBook(history, book, START).records), ['old', 'old', 'old']);
  });

  it('does not wait for a source in warm-up that cannot be used', () => {
    const { history, book } = given();
    history.share('source_unreachable', { source: 'new', detail: 'gone' });
    history.mail();
    assert.deepEqual(sourcesOf(runWithBook(history, book, START).records), ['old']);
  });

  it('is tried once on it, and again on a warm one', () => {
    const { history, book } = given();
    const id = history.mail();
    runWithBook(history, book, START);
    history.append(history.deferred(id, START + SECOND));
    const { records } = runWithBook(history, book, START + 20 * MINUTE + SECOND);
    assert.deepEqual(sourcesOf(records), ['old']);
  });

  it('keeps to it while it is greylisted', () => {
    const { history, book } = given();
    const id = history.mail();
    runWithBook(history, book, START);
    history.append(history.deferred(id, START + SECOND, { cause: 'greylisted' }));
    const { records } = runWithBook(history, book, START + 20 * MINUTE + SECOND);
    assert.deepEqual(sourcesOf(records), ['new']);
    assert.equal(releasedIds(records)[0], id);
  });

  it('is free of it again when the warm-up has ended', () => {
    const { history, book } = given();
    for (let i = 0; i < 3; i++) history.mail();
    runWithBook(history, book, START);
    const body = { source: 'new', warmup: 'w-new', step: 1, day: 0, reason: 'operator', stoppedBy: 'spec' } as const;
    history.share('source_warmup_stopped', body);
    assert.equal(releasedIds(runWithBook(history, book, START + SECOND).records).length, 2);
  });

  it('has the cap of the provider too', () => {
    const history = new PartitionHistory({ sources: ['new'] }).claim();
    const book = new BudgetBook();
    history.warmUp('new', 20, { providerLimits: { yahoo: 2 } });
    history.sites.set('yahoo.example', { site: 'yahoo.example', provider: 'yahoo' });
    for (let i = 0; i < 2; i++) history.mail({ domain: 'yahoo.example' });
    const [first] = releasesIn(runWithBook(history, book, START).records);
    const keys = first?.body.decision.budgets.map(({ key }) => key);
    assert.deepEqual(keys, ['warm-up|new', 'warm-up|new|provider:yahoo']);
    assert.deepEqual(sourcesOf(runWithBook(history, book, START + interval(20)).records), []);
    assert.deepEqual(sourcesOf(runWithBook(history, book, START + interval(2)).records), ['new']);
  });
});

describe('where every source of the pool is in warm-up', () => {
  it('mail is held until the next token, with the reason users know', () => {
    const history = new PartitionHistory({ sources: ['new'] }).claim();
    const book = new BudgetBook();
    history.warmUp('new', 1);
    history.mail();
    history.mail();
    runWithBook(history, book, START);
    const { records } = runWithBook(history, book, START + 5 * MINUTE);
    const fact = records.find(({ type }) => type === 'deferred');
    assert.ok(fact?.type === 'deferred' && fact.body.cause === 'held');
    assert.match(fact.body.text, /\[IPs reached ISP-suggested hourly limits\]/);
  });

  it('retries take at most a fifth of the hour, also when nothing else waits', () => {
    const history = new PartitionHistory({
      sources: ['new'],
      retry: { retryIntervalMs: MINUTE, maxRetryIntervalMs: MINUTE },
    }).claim();
    const book = new BudgetBook();
    history.warmUp('new', 20);
    for (let i = 0; i < 6; i++) history.mail({ domain: `d${i}.example` });
    const retriesAt: number[] = [];
    for (let at = START; at < START + 4 * HOUR; at += MINUTE) {
      const entries = releasesIn(runWithBook(history, book, at).records).flatMap(({ body }) => body.deliveries);
      for (const { attempt } of entries) if (attempt > 1) retriesAt.push(at);
      for (const { id } of history.state.openDeliveries()) history.append(history.deferred(id, at + SECOND));
    }
    const busiest = Math.max(
      ...retriesAt.map((from) => retriesAt.filter((at) => at >= from && at < from + HOUR).length),
    );
    assert.ok(busiest >= 3 && busiest <= 4, `${busiest} retries in an hour`);
  });

  it('overflow goes to the shared warm-up pool when it has waited', () => {
    const { history, book } = sharing();
    for (let i = 0; i < 2; i++) history.mail();
    history.mail({ acceptedAt: START - WAIT });
    assert.deepEqual(sourcesOf(runWithBook(history, book, START).records).sort(), ['new', 'spare']);
  });

  it('mail that may go to the shared pool does not wait behind mail that may not', () => {
    const { history, book } = sharing();
    history.rate('poor', 60);
    history.rate('good', 90);
    for (let i = 0; i < 4; i++) history.mail({ acceptedAt: START - 2 * WAIT, tenant: 'poor' });
    for (let i = 0; i < 2; i++) history.mail({ acceptedAt: START - WAIT + i * MINUTE, tenant: 'good' });
    const first = runWithBook(history, book, START);
    assert.deepEqual(sourcesOf(first.records).sort(), ['new', 'spare']);
    assert.equal(first.wakeAt, START + MINUTE);
    assert.deepEqual(sourcesOf(runWithBook(history, book, START + MINUTE).records), ['spare']);
  });

  it('the shared pool takes no mail of a tenant whose reputation is below 85, and that of others behind it', () => {
    const { history, book } = sharing();
    history.rate('poor', 84);
    history.rate('good', 85);
    for (let i = 0; i < 3; i++) history.mail({ acceptedAt: START - 2 * WAIT, tenant: 'poor', domain: 'poor.example' });
    for (let i = 0; i < 2; i++) history.mail({ acceptedAt: START - WAIT, tenant: 'good', domain: 'good.example' });
    const { records } = runWithBook(history, book, START);
    assert.deepEqual(sourcesOf(records).sort(), ['new', 'spare', 'spare']);
    history.rate('poor', 86);
    assert.deepEqual(sourcesOf(runWithBook(history, book, START + SECOND).records), ['spare', 'spare']);
  });
});

describe('a verdict about the source', () => {
  function blocked(history: PartitionHistory, id: string, at: number) {
    const fact = history.deferred(id, at, { cause: 'blocked' });
    return { ...fact, body: { ...fact.body, scope: 'source' as const } } as typeof fact;
  }

  it('moves the delivery to another source, once', () => {
    const history = new PartitionHistory({ sources: ['a', 'b', 'c'] }).claim();
    const book = new BudgetBook();
    const id = history.mail();
    const used: string[] = [];
    for (let at = START, n = 0; n < 5; n++, at += 5 * HOUR) {
      used.push(...sourcesOf(runWithBook(history, book, at).records));
      history.append(blocked(history, id, at + SECOND));
    }
    const [first, second, ...more] = used;
    assert.notEqual(first, second);
    assert.deepEqual(more, [second, second, second]);
  });

  it('keeps it where it is when there is no other', () => {
    const history = new PartitionHistory({ sources: ['a'] }).claim();
    const id = history.mail();
    runWithBook(history, new BudgetBook(), START);
    history.append(blocked(history, id, START + SECOND));
    assert.deepEqual(sourcesOf(runWithBook(history, new BudgetBook(), START + HOUR).records), ['a']);
  });

  it('is what moves mail: one about its content does not', () => {
    const history = new PartitionHistory({ sources: ['a', 'b', 'c'] }).claim();
    const id = history.mail();
    const used: string[] = [];
    for (let at = START, n = 0; n < 5; n++, at += 5 * HOUR) {
      used.push(...sourcesOf(runWithBook(history, new BudgetBook(), at).records));
      const fact = history.deferred(id, at + SECOND, { cause: 'content' });
      history.append({ ...fact, body: { ...fact.body, scope: 'message' as const } } as typeof fact);
    }
    assert.equal(new Set(used).size, 1);
  });
});
