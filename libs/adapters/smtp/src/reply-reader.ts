/** Replies out of a byte stream (RFC 5321 section 4.2), within bounds, whatever the peer sends. */

/** A whole reply: its last line's code and all its lines as they came, without line ends. */
export interface RawReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** What came is no SMTP reply, or too much of one. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError';
}

/** RFC 5321 section 4.5.3.1.5 asks for 512; generous, since long texts are common. */
export const MAX_LINE_LENGTH = 4096;
export const MAX_LINES = 200;

const LF = 10;
const CR = 13;
const DASH = 45;
const ZERO = 48;

export class ReplyReader {
  private rest: Buffer | undefined;
  private lines: string[] = [];

  /** Whether bytes of an unfinished reply are held. */
  get partial(): boolean {
    return this.rest !== undefined || this.lines.length > 0;
  }

  /**
   * The replies that are whole with this chunk.
   * @throws ReplyError where the stream is no sequence of replies; the reader is of no use afterwards.
   */
  push(chunk: Buffer): readonly RawReply[] {
    const bytes = this.rest ? Buffer.concat([this.rest, chunk]) : chunk;
    const replies: RawReply[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      if (end - start > MAX_LINE_LENGTH) throw new ReplyError('reply line is too long');
      const reply = this.line(bytes, start, end > start && bytes[end - 1] === CR ? end - 1 : end);
      if (reply) replies.push(reply);
      start = end + 1;
    }
    if (bytes.length - start > MAX_LINE_LENGTH) throw new ReplyError('reply line is too long');
    this.rest = start < bytes.length ? bytes.subarray(start) : undefined;
    return replies;
  }

  private line(bytes: Buffer, start: number, end: number): RawReply | undefined {
    const code = replyCode(bytes, start, end);
    const text = bytes.toString('utf8', start, end);
    const line = text.includes('\0') ? text.replaceAll('\0', '') : text;
    if (end - start > 3 && bytes[start + 3] === DASH) {
      if (this.lines.length + 1 >= MAX_LINES) throw new ReplyError('reply has too many lines');
      this.lines.push(line);
      return undefined;
    }
    const lines = this.lines;
    if (lines.length === 0) return { code, lines: [line] };
    lines.push(line);
    this.lines = [];
    return { code, lines };
  }
}

function replyCode(bytes: Buffer, start: number, end: number): number {
  if (end - start < 3) throw new ReplyError('reply line has no code');
  const first = (bytes[start] ?? 0) - ZERO;
  const second = (bytes[start + 1] ?? 0) - ZERO;
  const third = (bytes[start + 2] ?? 0) - ZERO;
  const digits = first >= 2 && first <= 5 && second >= 0 && second <= 9 && third >= 0 && third <= 9;
  if (!digits) throw new ReplyError('reply line has no code');
  return first * 100 + second * 10 + third;
}
