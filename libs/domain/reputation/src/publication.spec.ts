import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { OutcomeWindow, type Standings } from './outcome-window.ts';
import { type Candidate, duePublications, type PublishedReputation } from './publication.ts';
import { REPUTATION_RULES } from './rules.ts';

const { publication } = REPUTATION_RULES;
const NOON = 1_767_268_800_000;
const LONG_AGO = NOON - publication.everyMs;
const HOUR = 490_000;

/** 1,000 recipients, so many of whom bounced. */
function standing(bounced: number, provider = 'gmail'): Standings {
  const window = new OutcomeWindow(HOUR, REPUTATION_RULES);
  window.add(HOUR, provider, { judged: 1_000, accepted: 1_000 - bounced, invalid: bounced });
  return window.standings();
}

const NOBODY = new OutcomeWindow(HOUR, REPUTATION_RULES).standings();

function candidate(standings: Standings, published?: PublishedReputation, name = 'acme'): Candidate {
  return { subject: 'tenant', name, standings, published };
}

function published(score: number | undefined, at = LONG_AGO, gmail = score): PublishedReputation {
  return { score, providers: gmail === undefined ? {} : { gmail }, at };
}

function due(...candidates: readonly Candidate[]) {
  return duePublications(candidates, NOON, publication);
}

describe('a reputation is published', () => {
  it('when it is rated for the first time, and not while it is unrated', () => {
    assert.deepEqual(due(candidate(standing(0)))[0]?.body, {
      subject: 'tenant',
      name: 'acme',
      score: 100,
      outcomes: 1_000,
      providers: { gmail: 100 },
    });
    assert.deepEqual(due(candidate(NOBODY)), []);
  });

  it('when it passes a level, however small the step', () => {
    const [first] = due(candidate(standing(51), published(85)));
    assert.equal(first?.body.score, 84);
    assert.equal(first?.body.previous, 85);
    assert.equal(due(candidate(standing(50), published(84))).length, 1);
  });

  it('when it moves by five points, and not by four', () => {
    assert.equal(standing(30).score, 95);
    assert.equal(due(candidate(standing(30), published(100))).length, 1);
    assert.deepEqual(due(candidate(standing(30), published(99))), []);
  });

  it('when the score at one provider moves by ten points, or comes or goes', () => {
    assert.equal(due(candidate(standing(30), published(95, LONG_AGO, 85))).length, 1);
    assert.deepEqual(due(candidate(standing(30), published(95, LONG_AGO, 86))), []);
    assert.equal(due(candidate(standing(30, 'yahoo'), published(95))).length, 1);
  });

  it('when there are too few outcomes left to rate it', () => {
    assert.deepEqual(due(candidate(NOBODY, published(60)))[0]?.body, {
      subject: 'tenant',
      name: 'acme',
      previous: 60,
      outcomes: 0,
      providers: {},
    });
    assert.deepEqual(due(candidate(NOBODY, published(undefined))), []);
  });

  it('no more often than every ten minutes', () => {
    assert.deepEqual(due(candidate(standing(300), published(100, LONG_AGO + 1))), []);
    assert.equal(due(candidate(standing(300), published(100, LONG_AGO))).length, 1);
  });

  it('with twenty others at most, those that passed a level first', () => {
    const small = Array.from({ length: 30 }, (_, i) => candidate(standing(30), published(100), `small-${i}`));
    const large = candidate(standing(300), published(86), 'large');
    const names = due(...small, large).map(({ name }) => name);
    assert.equal(names.length, publication.mostAtOnce);
    assert.equal(names[0], 'large');
  });

  it('once: told what was published, nothing is due again, whatever the counts', () => {
    const counts = fc.array(fc.tuple(fc.nat(1_000), fc.constantFrom('gmail', 'yahoo', 'other')), { minLength: 1 });
    fc.assert(
      fc.property(counts, fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }), (hours, before) => {
        const window = new OutcomeWindow(HOUR, REPUTATION_RULES);
        for (const [bounced, provider] of hours) window.add(HOUR, provider, { judged: 1_000, invalid: bounced });
        const standings = window.standings();
        const [first] = due(candidate(standings, before === undefined ? undefined : published(before)));
        if (!first) return;
        const { score, providers } = first.body;
        assert.deepEqual(due(candidate(standings, { score, providers, at: LONG_AGO })), []);
      }),
    );
  });
});
