import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attempt } from '@penstock/events';
import type { AnyAppendBatch, EventLog } from '@penstock/ports';
import { CommandOutbox } from './command-outbox.ts';

/** More promises in a row than the outbox makes of one append. */
const REACTION = 50;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined;
}

/** Appends are acknowledged when the spec says so. */
function slowLog() {
  const appended: string[] = [];
  const unacknowledged: (() => void)[] = [];
  const append = async (batches: readonly AnyAppendBatch[]) => {
    await new Promise<void>((resolve) => unacknowledged.push(resolve));
    for (const { records } of batches) for (const { id } of records) appended.push(id);
    return batches.map(() => ({ offset: 0 }));
  };
  const acknowledge = () => {
    for (const resolve of unacknowledged.splice(0)) resolve();
  };
  return { appended, acknowledge, log: { append } };
}

function outboxOf(log: Pick<EventLog, 'append'>): CommandOutbox {
  return new CommandOutbox(log, { sleep: async () => {} }, { log: () => {} });
}

const command = (id: string) => ({ id }) as Attempt;

describe('the command outbox', () => {
  it('leaves no command behind, whenever in the course of another append it is added', async () => {
    for (let moment = 0; moment < 20; moment++) {
      const { log, appended, acknowledge } = slowLog();
      const outbox = outboxOf(log);
      outbox.add(0, command('first'));
      outbox.flush();
      await turns(REACTION);
      acknowledge();
      await turns(moment);
      outbox.add(0, command('second'));
      outbox.flush();
      await turns(REACTION);
      acknowledge();
      await turns(REACTION);
      assert.deepEqual(appended, ['first', 'second'], `added ${moment} turns after the acknowledgement`);
    }
  });

  it('gives up after a few tries once it is closed', async () => {
    let tries = 0;
    const append = async () => {
      tries += 1;
      throw new Error('disk away');
    };
    const outbox = outboxOf({ append });
    outbox.add(0, command('first'));
    await outbox.close();
    assert.equal(tries, 3);
  });
});
