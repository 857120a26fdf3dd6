import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import type { Script } from '../specification/scripted-transport.ts';

const SECOND = 1000;

/** A host that never says the last word; the transaction ends only with its socket. */
const dribble: Script = async (_, session) => {
  await session.closed;
  return { kind: 'unknown', detail: 'connection closed by us', refused: [] };
};

async function running(): Promise<GivenDispatcher> {
  const log = new MemoryEventLog(new MemoryLogData());
  const policy = `${POLICY}start_within = "20s"\nattempt_max = "30s"\n`;
  return GivenDispatcher.running({ log, content: new MemoryContentStore(), policy });
}

describe('a transaction that does not end by itself', () => {
  it('is cut, and its outcome written, before the scheduler gives up on it', async () => {
    const given = await running();
    given.transport.fallback = dribble;
    const givenUpAt = given.time.now() + 50 * SECOND;
    await given.command({ startBy: givenUpAt - 30 * SECOND });
    await given.time.advance(40 * SECOND);
    assert.deepEqual(await given.outcomes(), []);
    await given.time.advance(givenUpAt - given.time.now());
    const [fact] = await given.facts();
    assert.equal(fact?.type, 'outcome_unknown');
    assert.ok(fact.at <= givenUpAt - SECOND, `${givenUpAt - fact.at} ms before`);
    assert.equal(given.transport.open, 0);
  });

  it('does not spare the next one on another connection, nor end it early', async () => {
    const given = await running();
    given.transport.fallback = dribble;
    await given.command({ startBy: given.time.now() + 20 * SECOND });
    await given.time.advance(10 * SECOND);
    const secondGivenUpAt = given.time.now() + 50 * SECOND;
    await given.command({ startBy: secondGivenUpAt - 30 * SECOND });
    await given.time.advance(secondGivenUpAt - given.time.now() - 5 * SECOND);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 outcome_unknown']);
    await given.time.advance(4 * SECOND);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 outcome_unknown', 'm2.0.1 outcome_unknown']);
  });
});
