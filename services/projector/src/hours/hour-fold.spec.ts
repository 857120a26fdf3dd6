import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryReadModels } from '@penstock/adapter-memory';
import type { Fact } from '@penstock/events';
import { type KeyedEntry, prefixEnd } from '@penstock/ports';
import fc from 'fast-check';
import { DeliveryFacts, MINUTE, Rig, START } from '../rig.spec.ts';

const FATES = ['delivered', 'retried', 'bounced', 'held', 'unknown', 'expired'] as const;
type Fate = (typeof FATES)[number];

/** The nth delivery: of one of two tenants, in one of four partitions, over several hours. */
function life(fate: Fate, n: number): readonly Fact[] {
  const d = new DeliveryFacts(`m${n}`, 0, n % 4, n % 2 === 0 ? 'acme' : 'umbrella');
  const at = START + n * 17 * MINUTE;
  const opened = [d.processed(at), d.released(1, at, { provider: 'gmail' })];
  switch (fate) {
    case 'delivered':
      return [...opened, d.delivered(1, at + 1)];
    case 'retried':
      return [...opened, d.remote(1, at + 1), d.released(2, at + 2), d.remote(2, at + 3), d.dropped(2, at + 4)];
    case 'bounced':
      return [...opened, d.remote(1, at + 1), d.released(2, at + 2), d.bounced(2, at + 3)];
    case 'held':
      return [d.processed(at), d.held(0, at + 1, ['hourly_limit']), d.held(0, at + 2, ['no_source'])];
    case 'unknown':
      return [...opened, d.unknownOutcome(1, at + 1), d.released(2, at + 2), d.delivered(2, at + 3)];
    case 'expired':
      return [d.processed(at), d.held(0, at + 1, ['hourly_limit']), d.dropped(0, at + 2)];
  }
}

async function hourRows(facts: readonly Fact[]): Promise<readonly KeyedEntry[]> {
  const rig = new Rig();
  await rig.start();
  await rig.append(...facts);
  await rig.settled();
  const rows = await new MemoryReadModels(rig.stores).open('projector');
  const pages = ['hour|', 'tenant-hour|'].map((from) => rows.range({ from, to: prefixEnd(from), limit: 10_000 }));
  return (await Promise.all(pages)).flat();
}

/** Each delivery's facts in their order, the deliveries in whatever order `picks` has it, some facts once more. */
function interleaved(lives: readonly (readonly Fact[])[], picks: readonly number[], again: readonly number[]): Fact[] {
  const left = lives.map((facts) => [...facts]);
  const written: Fact[] = [];
  for (let step = 0; left.some((facts) => facts.length > 0); step++) {
    const open = left.filter((facts) => facts.length > 0);
    const next = open[(picks[step % picks.length] ?? 0) % open.length]?.shift();
    if (next) written.push(next);
    const repeat = again[step % again.length] ?? 0;
    const earlier = written[repeat];
    if (earlier && !isOutdatedNotice(earlier, written)) written.push(earlier);
  }
  return written;
}

/** Of notices the last is known when it comes again; between two of one delivery lie minutes, and appends do not. */
function isOutdatedNotice(fact: Fact, written: readonly Fact[]): boolean {
  if (fact.type !== 'deferred' || fact.body.cause !== 'held') return false;
  return written.some(
    (other) =>
      other.type === 'deferred' &&
      other.body.cause === 'held' &&
      other.deliveryId === fact.deliveryId &&
      other.at > fact.at,
  );
}

describe('the rows of hours', () => {
  it('are the same in whatever order deliveries take turns, and however often records repeat', async () => {
    const someFates = fc.array(fc.constantFrom(...FATES), { minLength: 1, maxLength: 12 });
    const choices = fc.array(fc.nat(60), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(someFates, choices, choices, async (fates, picks, again) => {
        const lives = fates.map(life);
        assert.deepEqual(await hourRows(interleaved(lives, picks, again)), await hourRows(lives.flat()));
      }),
      { numRuns: 40 },
    );
  });
});
