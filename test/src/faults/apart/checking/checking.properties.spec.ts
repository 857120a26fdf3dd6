/** Each planted defect is found in any run, and a run without one holds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HistoryEntry } from '../history.ts';
import { course, disturbance, fact, OPTIONS, reception, submission } from './histories.ts';
import { checkHistory, type ProblemKind } from './index.ts';

const TAKEOVER_MS = OPTIONS.takeoverWaitMs;
const PACE_MS = 15;

interface Run {
  readonly history: readonly HistoryEntry[];
  /** Mails that came once, with nothing in doubt. */
  readonly simple: readonly string[];
  readonly endsAt: number;
}

/** Mails at a steady pace; some are in flight at a kill and arrive again, marked, after the takeover; some are timed. */
const RUNS: fc.Arbitrary<Run> = fc
  .record({
    mails: fc.array(fc.record({ isTimed: fc.boolean(), waits: fc.nat(900), isUnknown: fc.boolean() }), {
      minLength: 5,
      maxLength: 60,
    }),
    killAt: fc.nat(600),
    copies: fc.nat(8),
    order: fc.infiniteStream(fc.nat()),
  })
  .map(({ mails, killAt, copies, order }) => {
    const history: HistoryEntry[] = [];
    for (const [index, { isTimed, waits, isUnknown }] of mails.entries()) {
      const at = index * PACE_MS;
      const ended = isUnknown && index % 3 === 1 ? 'unknown' : 'ok';
      const notBefore = isTimed ? at + 2_000 : undefined;
      const receivedAt = [(notBefore ?? at) + 10 + waits];
      history.push(...course({ id: `m${index}`, at, ended, ...(notBefore && { notBefore }), receivedAt }));
    }
    history.push(disturbance({ at: killAt, until: killAt + 500 }));
    for (let copy = 0; copy < copies; copy++) {
      const first = killAt - 1;
      const again = killAt + TAKEOVER_MS + copy * PACE_MS;
      history.push(...course({ id: `m${1_000 + copy}`, at: killAt - 20, receivedAt: [first, again] }));
    }
    return {
      history: shuffled(history, order),
      simple: mails.map((_, index) => `m${index}`),
      endsAt: killAt + TAKEOVER_MS + 10_000,
    };
  });

/** A verdict does not depend on the order in which things were learnt. */
function shuffled(history: readonly HistoryEntry[], order: fc.Stream<number>): readonly HistoryEntry[] {
  const keys = [...order.take(history.length)];
  return history
    .map((entry, index) => ({ entry, key: keys[index] ?? 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ entry }) => entry);
}

function holdsWith(spoil: (run: Run, victim: string) => readonly HistoryEntry[], kind: ProblemKind): void {
  fc.assert(
    fc.property(RUNS, fc.nat(), (run, choice) => {
      const victim = run.simple[choice % run.simple.length] ?? '';
      const { holds, problems } = checkHistory(spoil(run, victim), OPTIONS);
      assert.equal(holds, false);
      assert.ok(problems[kind].count > 0, JSON.stringify(problems));
      assert.ok(problems[kind].examples.length > 0);
    }),
    { numRuns: 60 },
  );
}

function about(entry: HistoryEntry): string | undefined {
  if (entry.kind === 'fact') return entry.mail;
  return entry.kind === 'disturbance' ? undefined : entry.id;
}

/** The mail's receptions and submission moved in time. */
function moved(history: readonly HistoryEntry[], victim: string, receivedAt: (due: number) => number): HistoryEntry[] {
  const asked = history.find((entry) => entry.kind === 'submission' && entry.id === victim);
  const due = asked?.kind === 'submission' ? (asked.notBefore ?? asked.at) : 0;
  return history.map((entry) =>
    entry.kind === 'reception' && entry.id === victim ? { ...entry, at: receivedAt(due) } : entry,
  );
}

test('a run with marked copies of what was in flight holds, in whatever order it was learnt', () => {
  fc.assert(
    fc.property(RUNS, ({ history }) => {
      const { holds, problems } = checkHistory(history, OPTIONS);
      assert.ok(holds, JSON.stringify(problems));
    }),
    { numRuns: 100 },
  );
});

test('mail that vanishes is found lost', () => {
  holdsWith(
    ({ history }, victim) => [...history.filter((entry) => about(entry) !== victim), submission(victim)],
    'lost',
  );
});

test('mail whose reception alone is missing is found lost', () => {
  holdsWith(({ history }, victim) => {
    return history.filter((entry) => !(entry.kind === 'reception' && entry.id === victim));
  }, 'lost');
});

test('an unmarked copy is found wherever it falls', () => {
  holdsWith(({ history, endsAt }, victim) => [...history, reception(victim, { at: endsAt })], 'duplicated');
});

test('a reception before its time is found early', () => {
  holdsWith(({ history }, victim) => moved(history, victim, (due) => due - 51), 'early');
});

test('a reception after what disturbances explain is found late', () => {
  const late = TAKEOVER_MS + 500 + (OPTIONS.drainMs ?? 0) + 10;
  holdsWith(({ history }, victim) => moved(history, victim, (due) => due + late), 'late');
});

test('a burst over the limit is found wherever it falls', () => {
  holdsWith(({ history, endsAt }, victim) => {
    const at = endsAt - (victim.length % 2) * 5_000;
    const burst = Array.from({ length: 101 }, (_, n) => course({ id: `m${2_000 + n}`, at, receivedAt: [at + 20 + n] }));
    return [...history, ...burst.flat()];
  }, 'over_limit');
});

test('a second terminal transition is found', () => {
  holdsWith(({ history, endsAt }, victim) => {
    return [...history, fact(victim, 'bounced', { at: endsAt, offset: 1e9, release: 1, terminal: true })];
  }, 'second_terminal');
});

test('a reception of what was refused is found unseen', () => {
  holdsWith(({ history }, victim) => {
    return history.map((entry) =>
      entry.kind === 'submission' && entry.id === victim ? { ...entry, ended: 'failed' as const } : entry,
    );
  }, 'unseen');
});

test('mail without its terminal fact is found not ended', () => {
  holdsWith(({ history }, victim) => {
    return history.filter((entry) => !(entry.kind === 'fact' && entry.mail === victim && entry.terminal));
  }, 'not_ended');
});
