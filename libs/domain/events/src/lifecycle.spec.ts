import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  deliveryFacts,
  type LifecycleFact,
  type LifecycleState,
  lifecycle,
  type TerminalType,
  type Transition,
} from './lifecycle.ts';
import { EXAMPLES, OTHER_FORMS } from './schemas/examples.ts';

const EPOCH = 5;

type Type = LifecycleFact['type'];

function fact(type: Type, release: number, id = `${type}-${release}`, epoch?: number): LifecycleFact {
  return { id, type, release, held: false, ...(epoch === undefined ? {} : { epoch }) };
}

const processed = fact('processed', 0);
const released = (n: number, epoch = EPOCH) => fact('released', n, `released-${n}-${epoch}`, epoch);
const dropped = (n: number, epoch = EPOCH) => fact('dropped', n, `dropped-${n}-${epoch}`, epoch);
const held = (n: number, id = `held-${n}`, epoch = EPOCH): LifecycleFact => ({
  ...fact('deferred', n, id, epoch),
  held: true,
});
const deferred = (n: number) => fact('deferred', n);
const delivered = (n: number) => fact('delivered', n);
const bounced = (n: number) => fact('bounced', n);
const unknown = (n: number) => fact('outcome_unknown', n);
const handedBack = (n: number) => fact('handed_back', n);
const noOutcome = (n: number) => fact('outcome_unknown', n, `no-outcome-${n}`, EPOCH);

function fold(facts: readonly LifecycleFact[], epoch = EPOCH): LifecycleState | undefined {
  let state: LifecycleState | undefined;
  for (const each of facts) state = lifecycle(state, each, epoch).state;
  return state;
}

function given(...facts: LifecycleFact[]) {
  const before = fold(facts);
  const when = (next: LifecycleFact) => {
    const step = lifecycle(before, next, EPOCH);
    return {
      gives(transition: Transition, after: Partial<LifecycleState> = {}) {
        assert.equal(step.transition, transition);
        for (const [key, value] of Object.entries(after)) {
          assert.deepEqual(step.state?.[key as keyof LifecycleState], value, key);
        }
      },
      givesNothing(transition: Transition) {
        assert.equal(step.transition, transition);
        assert.equal(step.state, before);
      },
    };
  };
  return { when };
}

test('processed accepts a delivery, once', () => {
  given().when(processed).gives('accepted', { release: 0, attempts: 0, open: false });
  given(processed).when(processed).givesNothing('repeat');
  given(processed, released(1)).when(processed).givesNothing('repeat');
});

test('facts about a delivery never accepted are unknown', () => {
  for (const each of [released(1), delivered(1), dropped(0), held(0)]) given().when(each).givesNothing('unknown');
});

test('released opens the next attempt and no other', () => {
  given(processed).when(released(1)).gives('opened', { release: 1, open: true, attempts: 0 });
  given(processed).when(released(2)).givesNothing('stale');
  given(processed, released(1)).when(released(1)).givesNothing('repeat');
  given(processed, released(1)).when(released(2)).givesNothing('stale');
  given(processed, released(1), deferred(1)).when(released(1)).givesNothing('repeat');
  given(processed, released(1), deferred(1)).when(released(2)).gives('opened', { release: 2 });
});

test('what the receiver put off closes the attempt and costs it', () => {
  given(processed, released(1)).when(deferred(1)).gives('closed', { open: false, attempts: 1, terminal: undefined });
  given(processed, released(1)).when(unknown(1)).gives('closed', { open: false, attempts: 1 });
  given(processed, released(1)).when(noOutcome(1)).gives('closed', { open: false, attempts: 1 });
});

test('what is handed back closes the attempt and costs none', () => {
  given(processed, released(1)).when(handedBack(1)).gives('closed', { open: false, attempts: 0 });
});

test('delivered and bounced end the delivery', () => {
  for (const end of [delivered(1), bounced(1)]) {
    const terminal = { type: end.type as TerminalType, id: end.id, release: 1 };
    given(processed, released(1)).when(end).gives('ended', { open: false, attempts: 1, terminal });
  }
});

test('dropped ends what waits, and is void while an attempt is open', () => {
  given(processed).when(dropped(0)).gives('ended', { attempts: 0 });
  given(processed, released(1), deferred(1)).when(dropped(1)).gives('ended', { attempts: 1 });
  given(processed, released(1)).when(dropped(1)).givesNothing('stale');
});

test('the first terminal fact is the terminal fact', () => {
  given(processed, released(1), delivered(1)).when(dropped(1)).givesNothing('stale');
  given(processed, released(1), delivered(1)).when(bounced(1)).givesNothing('late');
  given(processed, released(1), bounced(1)).when(delivered(1)).givesNothing('late');
  given(processed, dropped(0)).when(released(1)).givesNothing('stale');
  given(processed, released(1), unknown(1), dropped(1)).when(delivered(1)).givesNothing('late');
});

test('delivered of an earlier release ends a delivery that has no terminal fact yet', () => {
  const terminal = { type: 'delivered', id: 'delivered-1', release: 1 } as const;
  given(processed, released(1), unknown(1)).when(delivered(1)).gives('ended', { terminal });
  given(processed, released(1), handedBack(1), released(2))
    .when(delivered(1))
    .gives('ended', { terminal, open: false });
  given(processed, released(1), handedBack(1), released(2), delivered(1)).when(delivered(2)).givesNothing('late');
});

test('any other outcome of a closed release is late and changes nothing', () => {
  given(processed, released(1), unknown(1)).when(bounced(1)).givesNothing('late');
  given(processed, released(1), unknown(1), released(2)).when(deferred(1)).givesNothing('late');
});

test('a repeated fact is a repeat, also after the end', () => {
  given(processed, released(1), deferred(1)).when(deferred(1)).givesNothing('repeat');
  given(processed, released(1), delivered(1)).when(delivered(1)).givesNothing('repeat');
  given(processed, released(1), unknown(1), dropped(1)).when(unknown(1)).givesNothing('repeat');
  given(processed, dropped(0)).when(dropped(0)).givesNothing('repeat');
  given(processed, held(0)).when(held(0)).givesNothing('repeat');
});

test('handed back in doubt after the outcome is known is void: nothing reached a receiver twice', () => {
  given(processed, released(1), delivered(1)).when(handedBack(1)).givesNothing('stale');
  given(processed, released(1), deferred(1)).when(handedBack(1)).givesNothing('stale');
});

test("the scheduler's own outcome_unknown is void where an outcome had come", () => {
  given(processed, released(1), delivered(1)).when(noOutcome(1)).givesNothing('stale');
  given(processed, released(1), deferred(1)).when(noOutcome(1)).givesNothing('stale');
});

test('an outcome of a release that never was is void', () => {
  given(processed, released(1)).when(delivered(2)).givesNothing('stale');
  given(processed).when(delivered(0)).givesNothing('stale');
});

test('held is noted while the delivery waits, again when it is another notice', () => {
  given(processed).when(held(0)).gives('noted', { notedBy: 'held-0', attempts: 0, open: false });
  given(processed, held(0)).when(held(0, 'held-again')).gives('noted');
  given(processed, released(1)).when(held(1)).givesNothing('stale');
  given(processed, released(1), deferred(1)).when(held(0)).givesNothing('stale');
  given(processed, dropped(0)).when(held(0)).givesNothing('stale');
});

test('what was written under another epoch is void', () => {
  for (const each of [released(1, 4), dropped(0, 4), held(0, 'h', 4)])
    given(processed).when(each).givesNothing('stale');
});

test('a batch is one fact for each of its deliveries, a claim is about none', () => {
  assert.deepEqual(deliveryFacts(EXAMPLES.partition_claimed), []);
  const { id, epoch, body } = EXAMPLES.released;
  assert.deepEqual(
    deliveryFacts(EXAMPLES.released),
    body.deliveries.map(({ deliveryId, release }) => ({
      deliveryId,
      fact: { id, type: 'released', epoch, release, held: false },
    })),
  );
});

test('the two forms of deferred are told apart', () => {
  const forms = [EXAMPLES.deferred, OTHER_FORMS['deferred-held'] as typeof EXAMPLES.deferred];
  assert.deepEqual(
    forms.map((form) => deliveryFacts(form)[0]?.fact.held),
    [false, true],
  );
});

const release = fc.integer({ min: 0, max: 3 });
const anyFact: fc.Arbitrary<LifecycleFact> = fc.oneof(
  fc.constant(processed),
  fc
    .tuple(release, fc.constantFrom(4, EPOCH))
    .chain(([n, epoch]) =>
      fc.constantFrom(released(n, epoch), dropped(n, epoch), held(n, `held-${n}-${epoch}`, epoch)),
    ),
  release.chain((n) => fc.constantFrom(deferred(n), delivered(n), bounced(n), unknown(n), handedBack(n), noOutcome(n))),
);
const history = fc.array(anyFact, { maxLength: 20 });
/** Sequences that mostly go somewhere. */
const likely = history.map((facts) => [processed, released(1), ...facts]);

test('feeding each fact twice leaves the same state as once', () => {
  fc.assert(fc.property(likely, (facts) => assert.deepEqual(fold(facts.flatMap((each) => [each, each])), fold(facts))));
});

test('feeding a whole settled history again changes nothing', () => {
  fc.assert(
    fc.property(likely, (facts) => {
      const settled = fold([...facts, handedBack(1), handedBack(2), handedBack(3), dropped(9)]);
      assert.ok(settled?.terminal);
      const again = facts.reduce<LifecycleState | undefined>(
        (state, each) => lifecycle(state, each, EPOCH).state,
        settled,
      );
      assert.equal(again, settled);
    }),
  );
});

test('there is at most one end, and nothing changes after it', () => {
  fc.assert(
    fc.property(likely, (facts) => {
      let state: LifecycleState | undefined;
      let ends = 0;
      for (const each of facts) {
        const before = state;
        const step = lifecycle(before, each, EPOCH);
        state = step.state;
        if (step.transition === 'ended') ends++;
        if (before?.terminal) assert.equal(state, before);
      }
      assert.equal(ends, state?.terminal ? 1 : 0);
    }),
  );
});

test('what carries a stale epoch never changes anything', () => {
  fc.assert(
    fc.property(likely, (facts) => {
      assert.deepEqual(fold(facts), fold(facts.filter(({ epoch }) => epoch === undefined || epoch === EPOCH)));
    }),
  );
});

test('an attempt is open exactly from its opening to its closing or end', () => {
  fc.assert(
    fc.property(likely, (facts) => {
      let state: LifecycleState | undefined;
      for (const each of facts) {
        const { transition, state: after } = lifecycle(state, each, EPOCH);
        if (transition === 'opened') assert.ok(after?.open && !state?.open);
        else if (transition === 'closed') assert.ok(state?.open && !after?.open);
        else if (transition === 'ended') assert.ok(!after?.open && after?.terminal);
        else assert.equal(after?.open ?? false, state?.open ?? false);
        state = after;
      }
    }),
  );
});
