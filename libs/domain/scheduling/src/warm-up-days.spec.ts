import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SHIPPED_WARMUPS } from '@penstock/policy';
import { budgetTerms, longestGrantToRcptMs } from './budget.ts';
import { HOUR, MINUTE, policyWith, START } from './specification.ts';
import { WarmupSimulation } from './warm-up-simulation.ts';
import { WARMUP_DAY_MS } from './warm-up-steps.ts';

const TABLE = SHIPPED_WARMUPS.sendgrid.hourlyByDay;
const OFFERED = 1.2;
const MILLISECOND = 1;
const grantToRcptMs = longestGrantToRcptMs(policyWith().dispatch);
const termsOf = (limit: number) => budgetTerms({ limit, periodMs: HOUR, grantToRcptMs });

/** `PENSTOCK_WARMUP_DAYS=all` simulates every day up to the last; it takes a minute. */
const ALL = process.env.PENSTOCK_WARMUP_DAYS === 'all';

/**
 * Days of small limits are offered mail from begin to end; the others for the hour around midnight and a little more, where
 * one limit follows another.
 */
function offersAt(hourlyByDay: readonly number[]) {
  return (day: number, sinceMs: number) => {
    if ((hourlyByDay[day] ?? 0) <= 60) return true;
    return sinceMs < 75 * MINUTE || sinceMs >= WARMUP_DAY_MS - 15 * MINUTE;
  };
}

function simulate(hourlyByDay: readonly number[], partitions: number): WarmupSimulation {
  const days = hourlyByDay.length;
  const offers = offersAt(hourlyByDay);
  const seed = 7 * partitions;
  return new WarmupSimulation({ partitions, hourlyByDay, days, offersAt: offers, offered: OFFERED, seed }).run();
}

/** In no 60 minutes more recipients than the day allows in which they end. */
function checkTable(simulation: WarmupSimulation): void {
  const times = simulation.answered.new.toSorted((a, b) => a - b);
  let from = 0;
  for (const [i, at] of times.entries()) {
    while ((times[from] ?? 0) <= at - HOUR) from += 1;
    const count = i - from + 1;
    assert.ok(count <= simulation.limitAt(at), `${count} in the hour before ${(at - START) / HOUR} h`);
  }
}

/** In each hour of full offer as many tokens are granted as the interval gives, but for what crashes cost. */
function checkGrants({ grants, limitAt }: WarmupSimulation, hourlyByDay: readonly number[]): void {
  const offers = offersAt(hourlyByDay);
  const isOffered = (at: number) => offers(Math.floor((at - START) / WARMUP_DAY_MS), (at - START) % WARMUP_DAY_MS);
  let checked = 0;
  for (let day = 0; day < hourlyByDay.length; day++) {
    const at = START + day * WARMUP_DAY_MS + 12 * MINUTE;
    if (!isOffered(at) || !isOffered(at + HOUR)) continue;
    const { intervalUs, block } = termsOf(limitAt(at));
    const granted = grants.reduce((sum, grant) => sum + (grant.at >= at && grant.at < at + HOUR ? grant.count : 0), 0);
    const expected = (HOUR * 1000) / intervalUs;
    // Who is refused is told to come to the millisecond, rounded up.
    const late = (expected * MILLISECOND) / (intervalUs / 1000);
    assert.ok(Math.abs(granted - expected) <= 2 * block + late, `${granted} granted of ${expected} on day ${day}`);
    checked += 1;
  }
  assert.equal(checked, hourlyByDay.length);
}

/** What was offered, less what was granted, went to the warm source; what crashes cost of it, and hand-backs, too. */
function checkOverflow(simulation: WarmupSimulation): void {
  const { grants, warming, overflow, offered, crashes } = simulation;
  const granted = grants.reduce((sum, { count }) => sum + count, 0);
  const lost = granted - warming.firsts - warming.retries - warming.handedBack;
  assert.ok(lost >= 0 && lost <= crashes * Math.max(...grants.map(({ count }) => count)), `${lost} tokens lost`);
  assert.equal(warming.retries, 0, 'no retry takes a token where a warm source may take it');
  assert.equal(overflow, offered - (granted - lost - warming.handedBack));
}

/** Our log knows of every recipient the receiver was asked for, at every moment, and of those that nobody knows of. */
function checkLedger(simulation: WarmupSimulation): void {
  const { ledger, answered, unseen, unknown, leastSurplus } = simulation;
  assert.ok(unseen > 0 && unseen < unknown);
  assert.equal(ledger.new + ledger.old - answered.new.length - answered.old.length, unseen);
  assert.equal(leastSurplus, 0);
}

const table = (from: number, to: number, lessOf: number, divisor = 1) =>
  TABLE.slice(from, (ALL ? to : lessOf) + 1).map((limit) => Math.floor(limit / divisor));

describe('a warm-up of which 1.2 times the table is offered, with a crash every hour', () => {
  for (const [name, hourlyByDay, partitions] of [
    ['days 0 to 18', table(0, 18, 9), 1],
    ['days 0 to 18', table(0, 18, 12), 4],
    ['days 19 to 41 at a thousandth', table(19, 41, 31, 1000), 1],
    ['days 19 to 41 at a thousandth', table(19, 41, 33, 1000), 4],
  ] as const) {
    it(`stays within it and overflows the rest: ${name}, partitions: ${partitions}`, () => {
      const simulation = simulate(hourlyByDay, partitions);
      assert.equal(simulation.left, 0, 'everything ended');
      assert.equal(simulation.day, undefined, 'the warm-up too');
      checkTable(simulation);
      checkGrants(simulation, hourlyByDay);
      checkOverflow(simulation);
      checkLedger(simulation);
      assert.ok(simulation.wakes <= 3 * simulation.offered, `${simulation.wakes} wake-ups for ${simulation.offered}`);
    });
  }
});
