import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Budget, QuotaRank, QuotaRequest, QuotaStore } from '@penstock/ports';
import { quotaLossesConform } from './quota-store-losses.ts';
import { quotaQueuesConform } from './quota-store-queues.ts';

export interface QuotaStoreHarness {
  readonly quotas: QuotaStore;
  /** Moves the store's clock by whole ms; back if negative. */
  pass(ms: number): void;
  /** The store forgets everything. */
  flush(): Promise<void>;
  /** Ends the process and starts its successor on what is stored. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

/** 7,200 in an hour at the receiver, ten minutes from grant to RCPT: a burst of 1 and 583.334 ms between tokens. */
export const HOURLY: Budget = { key: 'hourly', limit: 7_200, periodMs: 3_600_000, grantToRcptMs: 600_000 };
export const HOURLY_INTERVAL_MS = 584;

/** Ten a second: a burst of 10. */
export const FAST: Budget = { key: 'fast', limit: 600, periodMs: 60_000, grantToRcptMs: 0 };

const RANK: QuotaRank = { class: 'bulk', engagement: 0.5, since: 1_000 };

export function request(given: Partial<QuotaRequest> = {}): QuotaRequest {
  return { asker: 'mail.events-0', budgets: [HOURLY], wanted: 1, rank: RANK, ...given };
}

export async function askOne(quotas: QuotaStore, given: Partial<QuotaRequest> = {}) {
  const [answer] = await quotas.ask([request(given)]);
  assert.ok(answer);
  return answer;
}

export type WithQuotas = (body: (harness: QuotaStoreHarness) => Promise<void>) => () => Promise<void>;

/** Everything a QuotaStore promises, as tests. `open` gives a store that is empty each time. */
export function quotaStoreConformance(name: string, open: () => Promise<QuotaStoreHarness>): void {
  const withQuotas: WithQuotas = (body) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`quota store: ${name}`, () => {
    ratesConform(withQuotas);
    burstsConform(withQuotas);
    requestsConform(withQuotas);
    changesConform(withQuotas);
    quotaQueuesConform(withQuotas);
    quotaLossesConform(withQuotas);
  });
}

function ratesConform(withQuotas: WithQuotas): void {
  it(
    'grants a token, says when the next is there, and has it then and not before',
    withQuotas(async ({ quotas, pass }) => {
      const first = await askOne(quotas);
      assert.deepEqual(first, { granted: 1, retryAfterMs: 0, left: [{ key: 'hourly', left: 0 }] });
      const second = await askOne(quotas);
      assert.deepEqual(second, {
        granted: 0,
        retryAfterMs: HOURLY_INTERVAL_MS,
        waitsFor: 'hourly',
        left: [{ key: 'hourly', left: 0 }],
      });
      pass(HOURLY_INTERVAL_MS - 1);
      assert.equal((await askOne(quotas)).granted, 0);
      pass(1);
      assert.equal((await askOne(quotas)).granted, 1);
    }),
  );

  it(
    'keeps the limit in every period at the receiver, burst included, though each grant takes its longest or no time',
    withQuotas(async ({ quotas, pass }) => {
      const budget: Budget = { key: 'window', limit: 40, periodMs: 20_000, grantToRcptMs: 5_000, burst: 7 };
      const granted: number[] = [];
      let now = 0;
      for (let step = 0; step < 400; step++) {
        const { granted: count } = await askOne(quotas, { budgets: [budget], wanted: 10 });
        for (let i = 0; i < count; i++) granted.push(now);
        const gapMs = step % 50 === 49 ? 10_000 : (step * 37) % 700;
        pass(gapMs);
        now += gapMs;
      }
      assert.ok(granted.length > 150);
      // What was granted within a period and the longest way to RCPT can arrive within one period.
      for (const [i, at] of granted.entries()) {
        const within = granted.slice(i).filter((later) => later - at < 25_000).length;
        assert.ok(within <= 40, `${within} from ${at} on`);
      }
    }),
  );
}

function burstsConform(withQuotas: WithQuotas): void {
  it(
    'gives all of its rate to who comes when told',
    withQuotas(async ({ quotas, pass }) => {
      let passedMs = 0;
      let granted = 0;
      for (let step = 0; step < 200; step++) {
        const answer = await askOne(quotas, { budgets: [FAST], wanted: 10 });
        granted += answer.granted;
        pass(answer.retryAfterMs);
        passedMs += answer.retryAfterMs;
      }
      const most = Math.floor((passedMs * 591) / 60_000) + 10;
      assert.ok(granted >= most - 10 && granted <= most + 1, `${granted} of ${most}`);
    }),
  );

  it(
    'gives a second of the rate at a time, and saves up no more than the burst',
    withQuotas(async ({ quotas, pass }) => {
      const budgets = [{ ...FAST, burst: 25 }];
      const given = async () => (await askOne(quotas, { budgets, wanted: 1_000 })).granted;
      const untilEmpty = async () => [await given(), await given(), await given(), await given()];
      assert.deepEqual(await untilEmpty(), [10, 10, 5, 0]);
      pass(3_600_000);
      assert.deepEqual(await untilEmpty(), [10, 10, 5, 0]);
    }),
  );
}

function requestsConform(withQuotas: WithQuotas): void {
  it(
    'takes from every budget of a request or from none',
    withQuotas(async ({ quotas, pass }) => {
      const budgets = [FAST, HOURLY];
      const both = await askOne(quotas, { budgets, wanted: 3 });
      assert.equal(both.granted, 1);
      assert.deepEqual(
        both.left.map(({ left }) => left),
        [9, 0],
      );
      const refused = await askOne(quotas, { budgets });
      assert.equal(refused.granted, 0);
      assert.equal(refused.waitsFor, 'hourly');
      assert.equal(refused.retryAfterMs, HOURLY_INTERVAL_MS);
      assert.equal((await askOne(quotas, { budgets: [FAST], wanted: 9 })).granted, 9);
      pass(HOURLY_INTERVAL_MS);
      assert.equal((await askOne(quotas, { budgets })).granted, 1);
    }),
  );

  it(
    'answers requests in their order, keys apart from each other',
    withQuotas(async ({ quotas }) => {
      const other = { ...HOURLY, key: 'other' };
      const answers = await quotas.ask([request(), request({ budgets: [other] }), request(), request({ wanted: 2 })]);
      assert.deepEqual(
        answers.map(({ granted, waitsFor }) => [granted, waitsFor]),
        [
          [1, undefined],
          [1, undefined],
          [0, 'hourly'],
          [0, 'hourly'],
        ],
      );
      assert.deepEqual(await quotas.ask([]), []);
    }),
  );
}

function changesConform(withQuotas: WithQuotas): void {
  it(
    'follows a limit that changes under its key',
    withQuotas(async ({ quotas, pass }) => {
      const doubled = { ...HOURLY, limit: 14_400, burst: 1 };
      await askOne(quotas);
      assert.equal((await askOne(quotas)).retryAfterMs, HOURLY_INTERVAL_MS);
      assert.equal((await askOne(quotas, { budgets: [doubled] })).retryAfterMs, 292);
      pass(292);
      assert.equal((await askOne(quotas, { budgets: [doubled] })).granted, 1);
      pass(292);
      assert.equal((await askOne(quotas)).granted, 1);
      assert.equal((await askOne(quotas)).retryAfterMs, HOURLY_INTERVAL_MS);
    }),
  );

  it(
    'refuses what cannot be kept, and takes nothing then',
    withQuotas(async ({ quotas }) => {
      const wrong: readonly Partial<QuotaRequest>[] = [
        { wanted: 0 },
        { budgets: [] },
        { budgets: [HOURLY, HOURLY] },
        { budgets: [{ ...HOURLY, limit: 0 }] },
        { budgets: [{ ...HOURLY, periodMs: 0 }] },
      ];
      for (const given of wrong) await assert.rejects(quotas.ask([request(), request(given)]), RangeError);
      assert.equal((await askOne(quotas)).granted, 1);
    }),
  );
}
