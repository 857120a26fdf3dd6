import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPartition } from './opening.ts';
import { PartitionPump } from './partition-pump.ts';

/** What a handler hears that wants to go on at `start` of a log with these bounds. */
async function open(start: number, bounds: readonly (Error | { begin: number; end: number })[]) {
  const told: string[] = [];
  const valve = {
    pause: () => {},
    resume: () => void told.push('resume'),
    seek: (_: number, at: number) => void told.push(`seek ${at}`),
  };
  const handler = {
    assigned: async () => start,
    batch: async () => {},
    revoked: async () => {},
    failed: (_: number, error: unknown) => void told.push(String(error)),
  };
  const pump = new PartitionPump<'mail.events'>({
    topic: 'mail.events',
    partition: 0,
    handler,
    valve,
    gapsAllowed: false,
  });
  const answers = [...bounds];
  await openPartition(pump, {
    topic: 'mail.events',
    group: 'projector',
    partition: 0,
    valve,
    bounds: async () => {
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked too often');
      return answer;
    },
  });
  return told;
}

test('fetching begins where the handler says, however often a broker is away at first', async () => {
  const away = new Error('connection closed');
  assert.deepEqual(await open(46, [away, away, { begin: 0, end: 50 }]), ['seek 46', 'resume']);
});

test('a store that is ahead of the log is told what to do about it', async () => {
  const [told, ...rest] = await open(46, [{ begin: 0, end: 2 }]);
  assert.match(
    told ?? '',
    /holds offsets 0 to 2, not 46, where projector is to go on: .*start projector with an empty/,
  );
  assert.deepEqual(rest, []);
});

test('a store that is behind what the log still holds is told so', async () => {
  const [told] = await open(3, [{ begin: 10, end: 20 }]);
  assert.match(told ?? '', /the log has deleted what projector had not read yet/);
});
