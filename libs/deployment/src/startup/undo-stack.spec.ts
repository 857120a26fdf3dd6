import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { UndoStack } from './undo-stack.ts';

describe('stopping', () => {
  it('undoes the last first, everything once, and reports the first failure when all is done', async () => {
    const undone: string[] = [];
    const undo = new UndoStack();
    undo.push(async () => undone.push('engine'));
    undo.push(() => Promise.reject(new Error('service')));
    undo.push(async () => undone.push('http'));

    await assert.rejects(undo.run(), /service/);
    await undo.run();
    assert.deepEqual(undone, ['http', 'engine']);
  });
});
