import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIdentity, identify, isAlive, isGone, parseIdentity, parseStat } from './identity.ts';

test('a process whose name holds blanks and parentheses is read right', () => {
  const fields = ['S', ...Array.from({ length: 18 }, (_, index) => String(index)), '4711', '99'];
  assert.deepEqual(parseStat(`12 (a) (b c) ${fields.join(' ')}`), { state: 'S', threads: 16, startTicks: '4711' });
  assert.equal(parseStat(''), undefined);
});

test('a running process is known again by pid, start and command line', () => {
  const identity = identify(process.pid, 'identity.spec');
  assert.ok(identity !== undefined && isAlive(identity));
});

test('a process without its command line, as one that is exiting, does not run and is not gone', () => {
  const identity = identify(process.pid, 'a command line that it does not have');
  assert.ok(identity);
  assert.equal(isAlive(identity), false);
  assert.equal(isGone(identity), false);
  assert.equal(isGone({ ...identity, startTicks: '1' }), true);
});

test('another process that was given the pid is not taken for the one written down', () => {
  const identity = identify(process.pid, 'identity.spec');
  assert.ok(identity);
  assert.equal(isAlive({ ...identity, startTicks: '1' }), false);
  assert.equal(isAlive({ ...identity, marker: '/somewhere/else/server.properties' }), false);
});

test('what is written down is read back, and half of it is none', () => {
  const identity = { pid: 4711, startTicks: '12', marker: '/data/kafka-1/server.properties' };
  assert.deepEqual(parseIdentity(formatIdentity(identity)), identity);
  for (const text of [
    '',
    '{"pid":47',
    '{}',
    '{"pid":1,"startTicks":"1","marker":"x"}',
    '{"pid":47,"startTicks":"1"}',
  ]) {
    assert.equal(parseIdentity(text), undefined, text);
  }
});
