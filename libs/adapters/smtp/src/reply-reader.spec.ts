import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MAX_LINE_LENGTH, MAX_LINES, type RawReply, ReplyError, ReplyReader } from './reply-reader.ts';

function readAll(reader: ReplyReader, text: string, step: number): RawReply[] {
  const bytes = Buffer.from(text);
  const replies: RawReply[] = [];
  for (let at = 0; at < bytes.length; at += step) replies.push(...reader.push(bytes.subarray(at, at + step)));
  return replies;
}

describe('a reply reader', () => {
  it('finds the same replies however the bytes are cut', () => {
    const text = '250-mx.example greets\r\n250-SIZE 100\r\n250 OK\r\n354\r\n550 5.1.1 who?\n';
    for (let step = 1; step <= text.length; step++) {
      const reader = new ReplyReader();
      assert.deepEqual(readAll(reader, text, step), [
        { code: 250, lines: ['250-mx.example greets', '250-SIZE 100', '250 OK'] },
        { code: 354, lines: ['354'] },
        { code: 550, lines: ['550 5.1.1 who?'] },
      ]);
      assert.equal(reader.partial, false);
    }
  });

  it('lets NUL bytes pass without keeping them', () => {
    assert.deepEqual(new ReplyReader().push(Buffer.from('250 o\0k\r\n')), [{ code: 250, lines: ['250 ok'] }]);
  });

  it('says when bytes of an unfinished reply are held', () => {
    const reader = new ReplyReader();
    reader.push(Buffer.from('250-first\r\n'));
    assert.equal(reader.partial, true);
  });

  it('refuses what is no reply', () => {
    for (const line of ['hello\r\n', '\r\n', '25\r\n', '650 x\r\n', '2x0 x\r\n', 'HTTP/1.1 400\r\n']) {
      assert.throws(() => new ReplyReader().push(Buffer.from(line)), ReplyError, line);
    }
  });

  it('refuses lines and replies without end', () => {
    const endless = new ReplyReader();
    endless.push(Buffer.alloc(MAX_LINE_LENGTH, '2'));
    assert.throws(() => endless.push(Buffer.from('2')), ReplyError);
    const flood = new ReplyReader();
    assert.throws(() => flood.push(Buffer.from('250-more\r\n'.repeat(MAX_LINES))), ReplyError);
  });
});
