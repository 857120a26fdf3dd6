import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { describe, it } from 'node:test';
import { onShutdownSignals } from './shutdown-signals.ts';

const telemetry = { log: () => {} };

describe('shutdown', () => {
  it('stops once and ends with 0', async () => {
    const signals = new EventEmitter();
    const exits = new EventEmitter();
    const exited = once(exits, 'exit');
    let stops = 0;
    const stop = async () => {
      stops++;
    };
    onShutdownSignals({ stop, telemetry, signals, exit: (code) => exits.emit('exit', code) });
    signals.emit('SIGTERM', 'SIGTERM');
    assert.deepEqual(await exited, [0]);
    assert.equal(stops, 1);
  });

  it('ends with 1 when stopping fails', async () => {
    const signals = new EventEmitter();
    const exits = new EventEmitter();
    const exited = once(exits, 'exit');
    const stop = () => Promise.reject(new Error('disk gone'));
    onShutdownSignals({ stop, telemetry, signals, exit: (code) => exits.emit('exit', code) });
    signals.emit('SIGINT', 'SIGINT');
    assert.deepEqual(await exited, [1]);
  });

  it('ends at once on the second signal', () => {
    const signals = new EventEmitter();
    const codes: number[] = [];
    let finish = () => {};
    const stop = () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      });
    onShutdownSignals({ stop, telemetry, signals, exit: (code) => codes.push(code) });
    signals.emit('SIGINT', 'SIGINT');
    signals.emit('SIGINT', 'SIGINT');
    assert.deepEqual(codes, [130]);
    finish();
  });
});
