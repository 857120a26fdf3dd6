import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SocketReach } from './source-reach.ts';

describe('what a machine can send from', () => {
  it('is every address of its own', async () => {
    const reach = new SocketReach();
    assert.deepEqual(await Promise.all([reach.canBind('127.0.0.1'), reach.canBind('127.0.0.77')]), [true, true]);
  });

  it('is no address of another', async () => {
    // TEST-NET-1 (RFC 5737): nobody has it.
    assert.equal(await new SocketReach().canBind('192.0.2.1'), false);
  });
});
