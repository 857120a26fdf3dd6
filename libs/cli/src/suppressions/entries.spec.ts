import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Format, readEntries } from './entries.ts';

async function entries(format: Format, ...chunks: readonly string[]) {
  async function* stream() {
    yield* chunks;
  }
  const found: object[] = [];
  for await (const read of readEntries(format, stream())) found.push(read);
  return found;
}

describe('a file of suppressions', () => {
  it('is CSV with the columns its header names, in any order, among others', async () => {
    const text =
      'created,Email,reason,expires_at\n1,ann@x.example,bounce,2030-01-01\n2,bob@x.example,550 no such user,\n';
    assert.deepEqual(await entries('csv', text), [
      { line: 2, entry: { address: 'ann@x.example', reason: 'bounce', expires_at: Date.UTC(2030, 0, 1) } },
      { line: 3, entry: { address: 'bob@x.example' } },
    ]);
  });

  it('may be a list of addresses alone', async () => {
    assert.deepEqual(await entries('csv', 'ann@x.ex', 'ample\nbob@x.example,manual'), [
      { line: 1, entry: { address: 'ann@x.example' } },
      { line: 2, entry: { address: 'bob@x.example', reason: 'manual' } },
    ]);
    await assert.rejects(entries('csv', 'name,age\nann,7\n'), /no column/);
  });

  it('is JSON Lines, and goes on behind a line that is not', async () => {
    const lines = [
      '{"address":"ann@x.example","expires_at":5}',
      'x',
      '',
      '[]x',
      '{"email":"b@x.example","reason":"spam"}',
    ];
    assert.deepEqual(await entries('jsonl', lines.join('\n')), [
      { line: 1, entry: { address: 'ann@x.example', expires_at: 5 } },
      { line: 2, problem: 'The line is not JSON.' },
      { line: 4, problem: 'The line is not JSON.' },
      { line: 5, entry: { address: 'b@x.example' } },
    ]);
  });

  it('says where an end is no time', async () => {
    const found = await entries('csv', 'address,expires_at\na@x.example,soon\nb@x.example,86400000\n');
    assert.deepEqual(found, [
      { line: 2, problem: 'expires_at is no time.' },
      { line: 3, entry: { address: 'b@x.example', expires_at: 86_400_000 } },
    ]);
  });
});
