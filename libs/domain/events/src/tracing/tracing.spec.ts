import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Fact } from '../facts.ts';
import { EXAMPLES } from '../schemas/examples.ts';
import { factSpans, projectSpan, releasedSpans } from './fact-spans.ts';
import type { Span } from './span.ts';
import { acceptanceContext, acceptedTraceparent, isSampled, isTraceparent, releaseContext } from './trace-context.ts';
import { ATTRIBUTES, type AttributeName, ID_ATTRIBUTES, SPANS } from './trace-names.ts';
import { type TracedDelivery, type TracedFact, tracedFact } from './traced-fact.ts';
import { tracesOf } from './traces.ts';

const SAMPLED = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const UNSAMPLED = `${SAMPLED.slice(0, -2)}00`;
const delivery: TracedDelivery = { deliveryId: 'm1.0.2', messageId: 'm1', tenant: 'acme' };

/** Deferred twice, then delivered; held before the last. */
const FACTS: readonly TracedFact[] = [
  { type: 'processed', at: 1_000, release: 0, acceptedAt: 1_000, domain: 'example.org', protocol: 'http' },
  { type: 'released', at: 1_010, release: 1, attempt: 1, source: 'ip-1', site: 'mx', transition: 'opened' },
  remote(1_100, 1, { queuedMs: 40, connectMs: 30, transactionMs: 20 }, 'rcpt'),
  { type: 'released', at: 2_010, release: 2, attempt: 2, source: 'ip-1', site: 'mx' },
  remote(2_100, 2, { queuedMs: 5, connectMs: 50 }, 'connect'),
  { type: 'deferred', cause: 'held', at: 9_000, release: 2, heldSince: 3_000, reasons: ['hourly_limit'] },
  { type: 'released', at: 9_010, release: 3, attempt: 3, source: 'ip-2', site: 'mx' },
  { ...remote(9_100, 3, { queuedMs: 1, transactionMs: 9.5 }, 'final_dot'), type: 'delivered', cause: undefined },
];

function remote(at: number, release: number, timings: TracedFact['timings'], phase: string): TracedFact {
  const reply = { code: 451, enhanced: '4.7.1', text: 'not ann@example.org' };
  const host = { name: 'mx.example.org', address: '192.0.2.1' };
  return {
    type: 'deferred',
    cause: 'remote',
    at,
    release,
    attempt: release,
    source: 'ip-1',
    phase,
    timings,
    reply,
    host,
  };
}

function named(spans: readonly Span[], name: string): Span {
  const span = spans.find((candidate) => candidate.name === name);
  assert.ok(span, `no ${name}`);
  return span;
}

describe('a traceparent', () => {
  it('is kept as it came if it is sampled or nothing is sampled', () => {
    assert.equal(acceptedTraceparent('m1', SAMPLED, 0.01), SAMPLED);
    assert.equal(acceptedTraceparent('m1', SAMPLED, 0), SAMPLED);
    assert.equal(acceptedTraceparent('m1', UNSAMPLED, 0), UNSAMPLED);
    assert.equal(acceptedTraceparent('m1', undefined, 0), undefined);
  });

  it('of a sampled message leads to its own trace, or to that of the caller', () => {
    const own = acceptedTraceparent('m1', undefined, 1);
    assert.ok(isTraceparent(own) && isSampled(own));
    assert.equal(acceptanceContext({ ...delivery, traceparent: own }).traceId, acceptanceContext(delivery).traceId);
    assert.equal(acceptedTraceparent('m1', UNSAMPLED, 1), SAMPLED);
  });

  it('is made for the same messages everywhere, about as many as asked for', () => {
    const ids = Array.from({ length: 20_000 }, (_, i) => `AAAAAAA${i.toString(36).padStart(15, '0')}`);
    const chosen = (ratio: number) => ids.filter((id) => acceptedTraceparent(id, undefined, ratio) !== undefined);
    assert.deepEqual(chosen(0.01), chosen(0.01));
    assert.ok(Math.abs(chosen(0.01).length - 200) < 60, `${chosen(0.01).length} of 20,000`);
    assert.ok(Math.abs(chosen(0.5).length - 10_000) < 500, `${chosen(0.5).length} of 20,000`);
    // Whoever samples more samples these too.
    const more = new Set(chosen(0.02));
    assert.ok(chosen(0.01).every((id) => more.has(id)));
  });

  it('is refused when it is not of version 00, or all zeros', () => {
    for (const bad of [
      '',
      SAMPLED.toUpperCase(),
      `01${SAMPLED.slice(2)}`,
      `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    ]) {
      assert.equal(isTraceparent(bad), false);
    }
  });
});

describe('the traces of a delivery', () => {
  const traces = tracesOf(delivery, FACTS);

  it('are one of its acceptance and one of each attempt, with ids that anybody can compute', () => {
    assert.deepEqual(
      traces.map(({ release, traceId }) => [release, traceId]),
      [
        [0, acceptanceContext(delivery).traceId],
        ...[1, 2, 3].map((release) => [release, releaseContext('m1.0.2', release).traceId]),
      ],
    );
    assert.deepEqual(
      traces.map(({ spans }) => spans.map(({ name }) => name).join(' ')),
      [
        'accept hold',
        'release attempt queue connect transaction',
        'release attempt queue connect',
        'release attempt queue transaction',
      ],
    );
  });

  it('are linked to the acceptance and to the attempt before', () => {
    const links = traces.slice(1).map(({ spans }) => named(spans, 'release').links.map(({ spanId }) => spanId));
    const accepted = acceptanceContext(delivery).spanId;
    const first = releaseContext('m1.0.2', 1).spanId;
    const second = releaseContext('m1.0.2', 2).spanId;
    assert.deepEqual(links, [[accepted], [accepted, first], [accepted, second]]);
  });

  it('lay the steps out backwards from the outcome: connecting within the wait, or after it where the walk failed', () => {
    const times = (release: number) =>
      traces[release]?.spans.slice(1).map(({ name, startMs, endMs }) => [name, startMs, endMs]);
    assert.deepEqual(times(1), [
      ['attempt', 1_040, 1_100],
      ['queue', 1_040, 1_050],
      ['connect', 1_050, 1_080],
      ['transaction', 1_080, 1_100],
    ]);
    assert.deepEqual(times(2), [
      ['attempt', 2_045, 2_100],
      ['queue', 2_045, 2_050],
      ['connect', 2_050, 2_100],
    ]);
  });

  it('leave out what was void or repeated', () => {
    const noise: TracedFact[] = FACTS.flatMap((fact) => [fact, { ...fact, transition: 'repeat' }, { ...fact }]);
    const stale: TracedFact = { type: 'released', at: 1, release: 7, transition: 'stale' };
    assert.deepEqual(tracesOf(delivery, [...noise, stale]), traces);
  });

  it("hang below the caller's span where there was one", () => {
    const [acceptance] = tracesOf({ ...delivery, traceparent: SAMPLED }, FACTS);
    assert.equal(acceptance?.traceId, SAMPLED.slice(3, 35));
    assert.equal(named(acceptance?.spans ?? [], 'accept').parentSpanId, SAMPLED.slice(36, 52));
    const own = acceptedTraceparent('m1', undefined, 1);
    assert.equal(tracesOf({ ...delivery, traceparent: own }, FACTS)[0]?.spans[0]?.parentSpanId, undefined);
  });

  it('tell what the scheduler settled without an answer apart from what was met', () => {
    const facts: TracedFact[] = [
      { type: 'released', at: 1, release: 1, attempt: 1 },
      { type: 'outcome_unknown', cause: 'connection_lost', at: 2, release: 1, attempt: 1, timings: {} },
      { ...remote(3, 1, {}, 'final_dot'), type: 'delivered', cause: undefined, verdict: ASSUMED },
    ];
    const [{ spans } = { spans: [] }] = tracesOf(delivery, facts);
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['release', 'attempt', 'queue', 'settle'],
    );
    const dropped = factSpans(delivery, { type: 'dropped', at: 4, release: 0, cause: 'expired', attempts: 0 });
    assert.equal(dropped[0]?.traceId, acceptanceContext(delivery).traceId);
  });
});

const ASSUMED = { cause: 'assumed_delivered', scope: 'message', disposition: 'unknown', confidence: 0 } as const;

describe('what is traced of the log', () => {
  const outcome = (attempt: number, traceparent?: string): Fact => {
    const { delivered } = EXAMPLES;
    return { ...delivered, traceparent, body: { ...delivered.body, attempt } };
  };

  it('is what was sampled, and every attempt after the first', () => {
    const seen = (fact: Fact) => fact.type !== 'released' && tracedFact(fact) !== undefined;
    assert.equal(seen(outcome(1)), false);
    assert.equal(seen(outcome(1, UNSAMPLED)), false);
    assert.equal(seen(outcome(1, SAMPLED)), true);
    assert.equal(seen(outcome(2)), true);
    assert.equal(seen({ ...EXAMPLES.processed, traceparent: undefined }), false);
  });

  it('is one span for a released batch and one for each of its traced deliveries, linked', () => {
    const { released } = EXAMPLES;
    const [first, second] = released.body.deliveries;
    assert.ok(first && second);
    const spans = releasedSpans({ ...released, body: { ...released.body, deliveries: [first, first, second] } });
    assert.deepEqual(
      spans.map(({ name }) => name),
      ['release_batch', 'release'],
    );
    assert.equal(spans[0]?.attributes['penstock.batch.size'], 3);
    assert.equal(spans[0]?.links[0]?.spanId, spans[1]?.spanId);
    assert.deepEqual(releasedSpans({ ...released, body: { ...released.body, deliveries: [first] } }), []);
  });

  it('gives the spans that are rebuilt from the timeline', () => {
    for (const record of [EXAMPLES.processed, EXAMPLES.delivered, EXAMPLES.deferred, EXAMPLES.handed_back]) {
      const live = tracedFact({ ...record, traceparent: SAMPLED });
      assert.ok(live);
      const { body, type, at, release = 0 } = record;
      const shown = JSON.parse(JSON.stringify({ ...body, type, at, release })) as TracedFact;
      assert.deepEqual(factSpans(live.delivery, live.fact), factSpans(live.delivery, shown));
    }
  });
});

describe('every span', () => {
  const traced = Object.values(EXAMPLES).flatMap((record): Span[] => {
    if (record.type === 'released') return [...releasedSpans(record)];
    if (!('deliveryId' in record) || record.type === 'attempt') return [];
    const known = tracedFact({ ...(record as Exclude<Fact, { type: 'released' }>), traceparent: SAMPLED });
    return known ? [...factSpans(known.delivery, known.fact)] : [];
  });
  const held = factSpans(delivery, FACTS[5] as TracedFact);
  const rebuilt = tracesOf(delivery, FACTS).flatMap(({ spans }) => spans);
  const all = [...traced, ...held, ...rebuilt];
  all.push(projectSpan({ partition: 1, firstOffset: 7, size: 9, startMs: 1, endMs: 2 }, all));

  it('is one of the registry, with its attributes and no others', () => {
    assert.deepEqual(new Set(all.map(({ name }) => name)), new Set(Object.keys(SPANS)));
    for (const { name, service, attributes, links } of all) {
      const allowed = new Set<string>([...SPANS[name].attributes, ...ID_ATTRIBUTES]);
      assert.equal(service, SPANS[name].service);
      for (const [key, value] of Object.entries(attributes)) {
        assert.ok(allowed.has(key), `${name} carries ${key}`);
        assert.equal(typeof value, ATTRIBUTES[key as AttributeName].type, `${name} ${key}`);
      }
      for (const link of links) assert.ok(Object.keys(link.attributes).every((key) => key in ATTRIBUTES));
    }
  });

  it('names its message and delivery, or links to those that do', () => {
    for (const { name, attributes, links } of all) {
      const ids = SPANS[name].trace === 'batch' ? links[0]?.attributes : attributes;
      assert.ok(ids?.['penstock.delivery_id'], name);
      if (SPANS[name].trace !== 'batch') assert.ok(attributes['penstock.message_id'], name);
    }
  });

  it('holds no address and no reply text', () => {
    assert.doesNotMatch(JSON.stringify(all), /@|192\.0\.2/);
  });

  it('never ends before it starts, and has valid ids, whatever the timings', () => {
    const timing = fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined });
    const phases = fc.constantFrom('connect', 'mail', 'rcpt', 'final_dot');
    fc.assert(
      fc.property(timing, timing, timing, phases, (queuedMs, connectMs, transactionMs, phase) => {
        for (const span of factSpans(delivery, remote(1e12, 1, { queuedMs, connectMs, transactionMs }, phase))) {
          assert.ok(span.endMs >= span.startMs);
          assert.match(`${span.traceId} ${span.spanId}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
        }
      }),
    );
  });
});
