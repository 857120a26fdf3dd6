/** What follows DATA (RFC 5321 section 4.1.1.4), up to CRLF.CRLF and nothing else that looks like it. */
import { isAscii } from 'node:buffer';
import type { ReceivedContent } from '@penstock/ports';
import { hasBareLineEnds, hasLongLines } from './line-ends.ts';

const CR = 13;
const LF = 10;
const DOT = 46;
const LINE_WITH_DOT = Buffer.from('\r\n.');

/** How much of `CRLF.CRLF` ends what was read so far. */
const NOTHING = 0;
const AFTER_CR = 1;
const LINE_START = 2;
const AFTER_DOT = 3;
const AFTER_DOT_CR = 4;

/** First room for a message that comes in several pieces, and the most that is believed of an announced size. */
const FIRST_ROOM = 16_384;
const MAX_ANNOUNCED_ROOM = 1_048_576;

/**
 * Collects one message. Where it lies whole in one chunk, and no line of it begins with a dot, nothing is copied.
 *
 * Only CRLF makes a line: `LF.LF`, `LF.CRLF`, `CRLF.LF`, `CRLF.CR`, `CR.CR` and the like are content, wherever the
 * stream is cut. A server that ended the message there would take what follows for commands: SMTP smuggling.
 */
export class DataReader {
  /** Bytes of content so far, those thrown away included. */
  size = 0;
  /** The CRLF of the DATA command begins the first line. */
  private state = LINE_START;
  private kept: Buffer | undefined;
  private keptLength = 0;
  /** The first piece as long as it is the only one. */
  private whole: Buffer | undefined;
  private discarding = false;

  /** `announced`: bytes the client says it will send. */
  constructor(private readonly announced = 0) {}

  /** Keeps nothing of what came and of what is to come; the end is found all the same. */
  discard(): void {
    this.discarding = true;
    this.kept = undefined;
    this.keptLength = 0;
    this.whole = undefined;
  }

  /** Reads from `at` on. Answers where the next command begins, or -1 if the end is not in this chunk. */
  push(chunk: Buffer, at: number): number {
    let from = at;
    let next = at;
    for (;;) {
      while (this.state !== NOTHING && next < chunk.length) {
        const byte = chunk[next++] as number;
        if (this.state === LINE_START && byte === DOT) {
          this.state = AFTER_DOT;
          // The dot is no content: it ends the message, or the client put it there (RFC 5321 section 4.5.2).
          this.keep(chunk, from, next - 1);
          from = next;
        } else if (this.state === AFTER_DOT_CR && byte === LF) {
          if (from === next - 1) this.takeBackCr();
          return next;
        } else this.state = stateAfter(this.state, byte);
      }
      const site = next < chunk.length ? chunk.indexOf(LINE_WITH_DOT, next) : -1;
      if (site < 0) {
        if (next < chunk.length) this.state = stateAtEnd(chunk, next);
        this.append(chunk, from, chunk.length);
        return -1;
      }
      this.state = LINE_START;
      next = site + 2;
    }
  }

  /** The message, once its end was found. */
  content(): ReceivedContent {
    const bytes = this.whole ?? (this.kept ?? Buffer.alloc(0)).subarray(0, this.keptLength);
    return {
      bytes,
      eightBit: !isAscii(bytes),
      bareLineEnds: hasBareLineEnds(bytes),
      longLines: hasLongLines(bytes),
    };
  }

  /** The CR between the last dot and its LF came at the end of the chunk before, and was kept. */
  private takeBackCr(): void {
    this.size--;
    if (this.keptLength > 0) this.keptLength--;
  }

  private keep(chunk: Buffer, from: number, to: number): void {
    if (this.size > 0 || this.discarding) this.append(chunk, from, to);
    else if (to > from) {
      this.whole = chunk.subarray(from, to);
      this.size = to - from;
    }
  }

  private append(chunk: Buffer, from: number, to: number): void {
    this.size += to - from;
    if (to === from || this.discarding) return;
    const { whole } = this;
    if (whole !== undefined) {
      this.whole = undefined;
      this.copy(whole, 0, whole.length);
    }
    this.copy(chunk, from, to);
  }

  private copy(chunk: Buffer, from: number, to: number): void {
    const needed = this.keptLength + to - from;
    if (this.kept === undefined || this.kept.length < needed) {
      const room = Math.max(needed * 2, FIRST_ROOM, Math.min(this.announced, MAX_ANNOUNCED_ROOM));
      const grown = Buffer.allocUnsafeSlow(room);
      this.kept?.copy(grown, 0, 0, this.keptLength);
      this.kept = grown;
    }
    chunk.copy(this.kept, this.keptLength, from, to);
    this.keptLength = needed;
  }
}

function stateAfter(state: number, byte: number): number {
  if (byte === CR) return state === AFTER_DOT ? AFTER_DOT_CR : AFTER_CR;
  return byte === LF && state === AFTER_CR ? LINE_START : NOTHING;
}

/** Of bytes without CRLF and dot, that begin where nothing of it had begun. */
function stateAtEnd(chunk: Buffer, start: number): number {
  const last = chunk[chunk.length - 1];
  if (last === CR) return AFTER_CR;
  return last === LF && chunk.length - 2 >= start && chunk[chunk.length - 2] === CR ? LINE_START : NOTHING;
}
