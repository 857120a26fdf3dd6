import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fact, HistoryEntry } from '../history.ts';
import { calm, course, disturbance, fact, LIMIT, OPTIONS, reception, submission } from './histories.ts';
import { checkHistory, PROBLEM_KINDS, type ProblemKind, type Verdict } from './index.ts';

const COUNT = 20;

function check(...more: HistoryEntry[]): Verdict {
  return checkHistory([...calm(COUNT), ...more], OPTIONS);
}

/** Kinds found and how often; what is not named was not found. */
function found({ problems }: Verdict): Partial<Record<ProblemKind, number>> {
  return Object.fromEntries(
    PROBLEM_KINDS.filter((kind) => problems[kind].count > 0).map((kind) => [kind, problems[kind].count]),
  );
}

function without(history: readonly HistoryEntry[], isGone: (entry: HistoryEntry) => boolean): HistoryEntry[] {
  return history.filter((entry) => !isGone(entry));
}

function isFact(entry: HistoryEntry, mail: string, type: string): entry is Fact {
  return entry.kind === 'fact' && entry.mail === mail && entry.type === type;
}

test('a run in which everything is right holds, and is counted', () => {
  const verdict = check();
  assert.deepEqual(found(verdict), {});
  assert.equal(verdict.holds, true);
  assert.deepEqual(verdict.totals, {
    submitted: { ok: COUNT, failed: 0, unknown: 0 },
    ended: { delivered: COUNT, bounced: 0, dropped: 0 },
    accepted: COUNT,
    received: COUNT,
    unknownReceived: 0,
    receptions: COUNT,
    lastAt: 390,
  });
});

test('mail that was acknowledged and is nowhere is lost', () => {
  const verdict = check(submission('m900'));
  assert.deepEqual(found(verdict), { lost: 1 });
  assert.match(verdict.problems.lost.examples[0] ?? '', /m900: acknowledged, never received, not in the log/);
});

test('mail that is acknowledged, in the log, and neither received nor ended is lost', () => {
  const verdict = check(submission('m900'), fact('m900', 'processed'));
  assert.deepEqual(found(verdict), { lost: 1 });
});

test('mail that the log calls delivered and nobody has is lost', () => {
  const history = without(calm(COUNT), (entry) => entry.kind === 'reception' && entry.id === 'm3');
  assert.deepEqual(found(checkHistory(history, OPTIONS)), { lost: 1 });
});

test('mail that bounces or is dropped at receivers that refuse nothing is lost', () => {
  const verdict = check(
    submission('m900'),
    fact('m900', 'processed'),
    fact('m900', 'dropped', { offset: 1, terminal: true }),
  );
  assert.deepEqual(found(verdict), { lost: 1 });
});

test('mail that was acknowledged under another id than the log holds is lost', () => {
  const history = calm(COUNT).map((entry) =>
    entry.kind === 'submission' && entry.id === 'm3' ? { ...entry, messageId: 'msg-other' } : entry,
  );
  assert.deepEqual(found(checkHistory(history, OPTIONS)), { lost: 1 });
});

test('mail that arrives with what another one holds is lost', () => {
  const history = calm(COUNT).map((entry) =>
    entry.kind === 'reception' ? { ...entry, names: entry.id === 'm3' ? 'm4' : entry.id } : entry,
  );
  const verdict = checkHistory(history, OPTIONS);
  assert.deepEqual(found(verdict), { lost: 1 });
  assert.match(verdict.problems.lost.examples[0] ?? '', /m3: at 70 ms it was the mail of m4 that came/);
});

test('a copy that no release announced is a duplicate, even of mail in flight at a kill', () => {
  const kill = disturbance({ at: 9, until: 12 });
  const verdict = check(kill, reception('m0', { at: 300 }));
  assert.deepEqual(found(verdict), { duplicated: 1 });
  assert.match(verdict.problems.duplicated.examples[0] ?? '', /m0: received at 10 ms, 300 ms, 0 valid releases/);
});

test('a marked copy of what was in flight at a kill is counted and allowed', () => {
  const verdict = check(
    disturbance({ at: 1_008, until: 2_000 }),
    ...course({ id: 'm900', at: 1_000, receivedAt: [1_010, 61_500] }),
  );
  assert.deepEqual(found(verdict), {});
  assert.deepEqual(verdict.duplicates, { mails: 1, copies: 1, marked: 1, inFlight: 1 });
  assert.deepEqual(
    verdict.effects.map(({ inFlight, duplicates }) => ({ inFlight, duplicates })),
    [{ inFlight: 1, duplicates: 1 }],
  );
});

test('a marked copy without any disturbance is a duplicate, and more than were in flight', () => {
  const verdict = check(...course({ id: 'm900', at: 1_000, receivedAt: [1_010, 1_500] }));
  assert.deepEqual(found(verdict), { duplicated: 2 });
  assert.match(
    verdict.problems.duplicated.examples.join(),
    /in flight at no disturbance.*only 0 releases were in flight/s,
  );
});

test('a release that announces a copy though nothing was in doubt is no honest one', () => {
  const history = calm(COUNT).map((entry) =>
    isFact(entry, 'm3', 'released') ? { ...entry, mayDuplicate: true } : entry,
  );
  assert.deepEqual(found(checkHistory(history, OPTIONS)), { duplicated: 1 });
});

test('a flushed store, a dead ingest and a stopped scheduler explain no copy', () => {
  for (const [fault, target] of [
    ['redis_flush', 'redis'],
    ['sigkill', 'ingest-1'],
    ['sigstop', 'scheduler-1'],
  ] as const) {
    const verdict = check(
      disturbance({ fault, target, at: 1_008, until: 2_000 }),
      ...course({ id: 'm900', at: 1_000, receivedAt: [1_010, 1_500] }),
    );
    assert.equal(verdict.problems.duplicated.count, 2, fault);
  }
});

test('more copies than were in flight are duplicates though every one is marked', () => {
  const late = [1, 2, 3].flatMap((n) =>
    course({ id: `m90${n}`, at: 4_000, receivedAt: n === 1 ? [4_010, 30_000] : [4_510, 30_000] }),
  );
  const verdict = check(disturbance({ at: 4_010, until: 4_020 }), ...late);
  assert.deepEqual(verdict.duplicates, { mails: 3, copies: 3, marked: 3, inFlight: 1 });
  assert.match(verdict.problems.duplicated.examples.join(), /3 copies, and only 1 releases were in flight/);
});

test('what was cut after the final dot may come again, once for each cut', () => {
  const cut = disturbance({ fault: 'cut_after_dot', target: 'narrow', at: 1_000, until: 1_100 });
  const mail = course({ id: 'm900', at: 1_000, receivedAt: [1_010, 1_900] }).map((entry) =>
    entry.kind === 'reception' && entry.at === 1_010 ? { ...entry, answered: false } : entry,
  );
  const verdict = check(cut, ...mail);
  assert.deepEqual(found(verdict), {});
  assert.equal(verdict.effects[0]?.inFlight, 1);
});

test('one submission that became two deliveries is a duplicate though both are ended', () => {
  const other = { deliveryId: 'msg-other.0.0', messageId: 'msg-other' };
  const verdict = check(
    fact('m3', 'processed', { ...other, offset: 900 }),
    fact('m3', 'dropped', { ...other, offset: 901, terminal: true }),
  );
  assert.equal(verdict.problems.duplicated.count, 1);
  assert.match(
    verdict.problems.duplicated.examples[0] ?? '',
    /submitted once, accepted as msg-m3.0.0 and msg-other.0.0/,
  );
});

test('mail that was refused and arrives is unseen, and so is mail that nobody submitted', () => {
  const refused = course({ id: 'm900', at: 400, ended: 'failed', receivedAt: [410] });
  assert.deepEqual(found(check(...refused)), { unseen: 1 });
  const stray = without(course({ id: 'm900', at: 400, receivedAt: [410] }), ({ kind }) => kind === 'submission');
  assert.deepEqual(found(check(...stray)), { unseen: 1 });
});

test('mail that arrived and is not in the log is unseen, and never ended', () => {
  assert.deepEqual(found(check(submission('m900'), reception('m900', { at: 10 }))), { unseen: 1, not_ended: 1 });
});

test('mail that arrived and ended otherwise, with nothing in doubt, is unseen', () => {
  const history = calm(COUNT).map((entry) =>
    isFact(entry, 'm3', 'delivered') ? { ...entry, type: 'bounced' } : entry,
  );
  assert.deepEqual(found(checkHistory(history, OPTIONS)), { unseen: 1 });
});

test('mail of which the client knows nothing may arrive once, or not at all', () => {
  const arrived = course({ id: 'm900', at: 400, ended: 'unknown', receivedAt: [410] });
  const verdict = check(...arrived, submission('m901', { ended: 'unknown' }));
  assert.deepEqual(found(verdict), {});
  assert.equal(verdict.totals.unknownReceived, 1);
  assert.deepEqual(found(check(...arrived, reception('m900', { at: 450 }))), { duplicated: 3 });
});

test('mail that is received before its time is early', () => {
  const verdict = check(...course({ id: 'm900', at: 400, notBefore: 2_000, receivedAt: [1_900] }));
  assert.deepEqual(found(verdict), { early: 1 });
  assert.match(verdict.problems.early.examples[0] ?? '', /100 ms early/);
});

test('mail that waits for its time is not late, and is after it', () => {
  assert.deepEqual(found(check(...course({ id: 'm900', at: 400, notBefore: 20_000, receivedAt: [20_500] }))), {});
  assert.deepEqual(found(check(...course({ id: 'm900', at: 400, notBefore: 20_000, receivedAt: [21_500] }))), {
    late: 1,
  });
});

test('a takeover explains that mail is late by its wait, and no longer', () => {
  const kill = disturbance({ at: 1_000, until: 3_000 });
  assert.deepEqual(found(check(kill, ...course({ id: 'm900', at: 1_100, receivedAt: [61_900] }))), {});
  const verdict = check(kill, ...course({ id: 'm900', at: 1_100, receivedAt: [62_500] }));
  assert.deepEqual(found(verdict), { late: 1 });
  assert.match(verdict.problems.late.examples[0] ?? '', /1500 ms of it outside of every disturbance, 1000 ms at most/);
});

test('a dead ingest, a cut at another provider and a session that is over explain no wait', () => {
  const late = course({ id: 'm900', at: 1_100, receivedAt: [33_500] });
  for (const more of [
    { target: 'ingest-1', until: 30_000 },
    { target: 'scheduler-1' },
    { fault: 'redis_flush', target: 'redis' },
  ] as const) {
    assert.deepEqual(
      found(check(disturbance({ at: 1_000, until: 2_000, ...more }), ...late)),
      { late: 1 },
      more.target,
    );
  }
  const cut = disturbance({ fault: 'cut_after_dot', target: 'wide', at: 1_000, until: 33_000 });
  assert.equal(check(cut, ...late).problems.late.count, 1);
});

test('what piled up is granted the time to drain at the limits, and no more', () => {
  const kill = disturbance({ at: 1_000, until: 3_000 });
  const mails = [...calm(COUNT), kill, ...course({ id: 'm900', at: 1_100, receivedAt: [66_000] })];
  const slow = { ...LIMIT, limit: 7, periodMs: 1_000 };
  const spread = Array.from({ length: 200 }, (_, n) => {
    const at = 70_000 + n * 350;
    return course({ id: `m2${String(n).padStart(3, '0')}`, at, receivedAt: [at + 10] });
  }).flat();
  const judged = (catchUp: number) =>
    checkHistory([...mails, ...spread], { ...OPTIONS, limits: [slow], catchUp }).problems.late.count;
  assert.equal(judged(10), 0);
  assert.equal(judged(0.01), 1);
});

test('an attempt that the receiver put off is one wait of the policy more', () => {
  const deferred = (receivedAt: number) => [
    ...course({ id: 'm900', at: 1_000, receivedAt: [receivedAt] }),
    fact('m900', 'released', { at: 1_010, offset: 1_001, release: 7 }),
    fact('m900', 'deferred', { at: 1_020, offset: 1_002, release: 7, cause: 'remote' }),
  ];
  const shifted = (receivedAt: number) =>
    deferred(receivedAt).map((entry) =>
      entry.kind === 'fact' && entry.at > 1_020 ? { ...entry, offset: entry.offset + 10 } : entry,
    );
  assert.deepEqual(found(check(...shifted(6_500))), {});
  assert.deepEqual(found(check(...shifted(7_500))), { late: 1 });
});

test('more receptions in any window than its limit are over it, and the worst window is named', () => {
  const burst = Array.from({ length: 101 }, (_, n) =>
    course({ id: `m9${n}`, at: 9_000, receivedAt: [9_500 + n] }),
  ).flat();
  const verdict = check(...burst);
  assert.deepEqual(found(verdict), { over_limit: 1 });
  assert.deepEqual(verdict.limits, [{ limit: LIMIT, received: COUNT + 101, most: 101, mostAt: 9_600 }]);
});

test('a window ends where its period ends', () => {
  const half = (at: number) =>
    Array.from({ length: 100 }, (_, n) => course({ id: `m${at + n}`, at: at - 10, receivedAt: [at] })).flat();
  assert.deepEqual(found(check(...half(5_000), ...half(6_000))), {});
  assert.ok(check(...half(5_000), ...half(5_999)).problems.over_limit.count > 0);
});

test('a second terminal transition is found', () => {
  const verdict = check(fact('m3', 'bounced', { offset: 900, release: 1, terminal: true }));
  assert.deepEqual(found(verdict), { second_terminal: 1 });
});

test('an outcome after the end with nothing in doubt contradicts it; a repeat of what was told does not', () => {
  assert.deepEqual(found(check(fact('m3', 'bounced', { offset: 900, release: 1, counts: 'late' }))), {
    second_terminal: 1,
  });
  assert.deepEqual(found(check(fact('m3', 'delivered', { offset: 900, release: 1, counts: 'late' }))), {});
});

test('an outcome of a release that was never valid is found', () => {
  const verdict = check(fact('m3', 'delivered', { offset: 900, release: 2, counts: 'void' }));
  assert.match(verdict.problems.second_terminal.examples[0] ?? '', /release 2, which the log does not hold/);
});

test('mail that arrived and has no terminal fact has not ended', () => {
  const history = without(calm(COUNT), (entry) => isFact(entry, 'm3', 'delivered'));
  assert.deepEqual(found(checkHistory(history, OPTIONS)), { not_ended: 1 });
});

test('an empty history proves nothing', () => {
  assert.deepEqual(found(checkHistory([], OPTIONS)), { unproven: 4 });
});

test('a run in which most mail was refused, or no limit was come near to, proves nothing', () => {
  const refused = Array.from({ length: 4 * COUNT + 1 }, (_, n) => submission(`m8${n}`, { ended: 'failed' }));
  assert.deepEqual(found(check(...refused)), { unproven: 1 });
  const wide = { ...LIMIT, limit: 1_000 };
  assert.deepEqual(found(checkHistory(calm(COUNT), { ...OPTIONS, limits: [wide], leastFilled: 0.4 })), { unproven: 1 });
});

test('a limit that no mail met, or mail by a path without one, proves nothing', () => {
  const other = { ...LIMIT, from: '127.0.0.12' };
  assert.deepEqual(found(checkHistory(calm(COUNT), { ...OPTIONS, limits: [other] })), { unproven: 2 });
});

test('a fault that is missing, a cut that cut nothing and a pause longer than a takeover waits prove nothing', () => {
  const options = { ...OPTIONS, leastOfEach: { sigstop: 2 } };
  const pause = disturbance({ fault: 'sigstop', at: 10, until: 60_010 });
  const cut = disturbance({ fault: 'cut_after_dot', target: 'narrow', at: 10, until: 20 });
  const { problems } = checkHistory([...calm(COUNT), pause, cut], options);
  assert.equal(problems.unproven.count, 3);
});

test('the longest stall of a provider is told with the disturbance that covers it', () => {
  const kill = disturbance({ at: 1_000, until: 3_000 });
  const flush = disturbance({ fault: 'redis_flush', target: 'redis', at: 59_000, until: 59_000 });
  const verdict = check(
    kill,
    flush,
    ...course({ id: 'm900', at: 2_000, receivedAt: [60_000] }),
    ...course({ id: 'm901', at: 60_100, receivedAt: [60_200] }),
  );
  assert.deepEqual(verdict.stalls, [{ provider: 'narrow', from: 2_005, to: 60_000, explainedBy: kill }]);
  assert.deepEqual(
    verdict.effects.map(({ stallMs }) => stallMs),
    [57_995, 1_000],
  );
});

test('a pause in which no mail waits is no stall', () => {
  const verdict = check(...course({ id: 'm900', at: 90_000, receivedAt: [90_020] }));
  assert.deepEqual(verdict.stalls, [{ provider: 'narrow', from: 90_005, to: 90_020 }]);
});

test('a source from which nothing comes is silent, whoever carries its mail', () => {
  const limits = [LIMIT, { ...LIMIT, from: '127.0.0.12' }];
  const mails = (seconds: readonly number[], from: string) =>
    seconds.flatMap((second) => {
      const entries = course({ id: `m${second}`, at: second * 1_000, receivedAt: [second * 1_000 + 10] });
      return entries.map((entry) => (entry.kind === 'reception' ? { ...entry, from } : entry));
    });
  const odd = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
  const silentFor = (since: number) => [
    ...mails(odd, '127.0.0.11'),
    ...mails(
      odd.map((second) => second + 1).filter((second) => second <= since),
      '127.0.0.12',
    ),
  ];
  assert.deepEqual(found(checkHistory(silentFor(110), { ...OPTIONS, limits })), {});
  assert.deepEqual(found(checkHistory(silentFor(100), { ...OPTIONS, limits })), { silent: 1 });
  const away = disturbance({ at: 101_000, until: 120_000 });
  assert.deepEqual(found(checkHistory([...silentFor(100), away], { ...OPTIONS, limits })), {});
});

test('what its client gave up on is due when it is accepted, and what was acknowledged then', () => {
  const accepted = (ended: 'ok' | 'unknown') =>
    course({ id: 'm900', at: 30_000, receivedAt: [30_100] }).map((entry) =>
      entry.kind === 'submission' ? { ...entry, at: 400, answeredAt: 15_400, ended } : entry,
    );
  assert.deepEqual(found(check(...accepted('unknown'))), {});
  assert.deepEqual(found(check(...accepted('ok'))), { late: 1 });
});
