import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RefusedChange } from '../administration/refused-change.ts';
import { type Rig, startIngest } from '../ingest-rig.spec.ts';

const refused = (status: number, words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RefusedChange);
  assert.equal(error.status, status);
  assert.match(error.message, words);
  return true;
};

async function given(): Promise<{ readonly rig: Rig; readonly source: string }> {
  const rig = await startIngest();
  return { rig, source: 'ip-1' };
}

describe('the warm-up of a source', () => {
  it('is started at day 0 of a schedule, and stopped', async () => {
    const { rig, source } = await given();
    const { warmups } = rig.ingest;
    const started = await warmups.start({ source }, 'spec');
    const { warming, schedule, day, days, hourlyLimit, nextDayAt = 0, startedAt } = started;
    assert.deepEqual(
      { warming, schedule, day, days, hourlyLimit },
      {
        warming: true,
        schedule: 'sendgrid',
        day: 0,
        days: 42,
        hourlyLimit: 20,
      },
    );
    assert.equal(nextDayAt - startedAt, 86_400_000);
    assert.deepEqual(await warmups.show(source), started);
    const stopped = await warmups.stop(source, 'spec');
    assert.equal(stopped.warming, false);
    assert.deepEqual(
      stopped.ledger.map(({ event, by }) => `${event} by ${by}`),
      ['started by spec', 'stopped by spec'],
    );
    assert.deepEqual(await warmups.list(), [stopped]);
    await rig.stop();
  });

  it('may begin with a later day, of a schedule by name', async () => {
    const { rig, source } = await given();
    const { day, hourlyLimit } = await rig.ingest.warmups.start({ source, schedule: 'sendgrid', day: 12 }, 'spec');
    assert.deepEqual([day, hourlyLimit], [12, 1000]);
    await rig.stop();
  });

  it('is refused for what the policy does not know, and where there is one', async () => {
    const { rig, source } = await given();
    const { warmups } = rig.ingest;
    await assert.rejects(warmups.start({ source: 'ip-9' }, 'spec'), refused(400, /no source ip-9/));
    await assert.rejects(warmups.start({ source, schedule: 'fast' }, 'spec'), refused(400, /no warm-up fast/));
    await assert.rejects(warmups.start({ source, day: 42 }, 'spec'), refused(400, /last day of sendgrid is 41/));
    await assert.rejects(warmups.start({ source, day: -1, hurry: true }, 'spec'), refused(400, /day must be/));
    await assert.rejects(warmups.stop(source, 'spec'), refused(404, /not in warm-up/));
    await assert.rejects(warmups.show(source), refused(404, /never in warm-up/));
    await warmups.start({ source }, 'spec');
    await assert.rejects(warmups.start({ source }, 'spec'), refused(409, /Stop it first/));
    await rig.stop();
  });
});
