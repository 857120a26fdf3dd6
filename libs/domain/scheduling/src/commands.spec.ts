import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { attemptCommand } from './commands.ts';
import { MINUTE, PartitionHistory, START } from './specification.ts';

describe('a command', () => {
  const commandOf = (history: PartitionHistory, id: string) =>
    attemptCommand(history.delivery(id), 0, START, history.policy)?.body;

  it('lets a delivery leave a source that is blocked, once, where the pool has another', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'] }).claim();
    const id = history.mail();
    history.run(START);
    const first = commandOf(history, id);
    assert.equal(first?.deliveries[0]?.mayMove, true);
    const blocked = history.deferred(id, START + 1, { cause: 'blocked' });
    history.append({ ...blocked, body: { ...blocked.body, scope: 'source' } } as typeof blocked);
    history.run(START + 30 * MINUTE);
    const second = commandOf(history, id);
    assert.notEqual(second?.source, first?.source);
    assert.equal(second?.deliveries[0]?.mayMove, undefined);
  });

  it('does not where the pool has one source only', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    assert.equal(commandOf(history, id)?.deliveries[0]?.mayMove, undefined);
  });
});
