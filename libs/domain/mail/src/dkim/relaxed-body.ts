/** The relaxed form of a body (RFC 6376 section 3.4.4), piece by piece. */

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;

/** The sink is called about this often: hashing many small pieces costs more than the copy. */
const ROOM = 8 * 1024;
/** What one step may write at most: a space, a CR and a byte. */
const SLACK = 4;

/**
 * White space at the ends of lines goes, any other becomes one space, and empty lines at the end of the body go. Only
 * CRLF ends a line: whatever else there is has to be repaired before (see line-ends.ts).
 */
export class RelaxedBody {
  private readonly out: Uint8Array;
  private readonly limit: number;
  private length = 0;
  /** White space that nothing has followed on its line. */
  private space = false;
  /** A CR at the end of the piece before: the start of a line end if an LF follows. */
  private cr = false;
  /** Line ends that count once something follows them. */
  private lineEnds = 0;
  private empty = true;

  /** @param sink takes the canonical bytes in order; they are overwritten as soon as it returns */
  constructor(
    private readonly sink: (bytes: Uint8Array) => void,
    room = ROOM,
  ) {
    this.out = new Uint8Array(room + SLACK);
    this.limit = room;
  }

  update(piece: Uint8Array): void {
    const { length: size } = piece;
    let at = 0;
    if (this.cr && size > 0) {
      this.cr = false;
      if (piece[0] === LF) {
        this.endLine();
        at = 1;
      } else this.write(CR);
    }
    while (at < size) {
      const byte = piece[at] as number;
      if (byte > SPACE) at = this.copyWord(piece, at);
      else {
        at++;
        if (byte === SPACE || byte === TAB) this.space = true;
        else if (byte !== CR) this.write(byte);
        else if (at === size) this.cr = true;
        else if (piece[at] === LF) {
          this.endLine();
          at++;
        } else this.write(CR);
      }
    }
  }

  /** Hands over what is left; the last line ends, and an empty body stays empty. */
  finish(): void {
    if (this.cr) this.write(CR);
    this.flush();
    if (!this.empty) this.sink(CRLF);
  }

  private endLine(): void {
    this.space = false;
    this.lineEnds++;
  }

  /** Copies bytes that need no thought, up to the first that does; answers where that stands. */
  private copyWord(piece: Uint8Array, from: number): number {
    this.begin();
    const { out, limit } = this;
    const size = piece.length;
    let { length } = this;
    let at = from;
    while (at < size) {
      const byte = piece[at] as number;
      if (byte <= SPACE) break;
      out[length++] = byte;
      at++;
      if (length >= limit) {
        this.length = length;
        this.flush();
        length = 0;
      }
    }
    this.length = length;
    return at;
  }

  private write(byte: number): void {
    this.begin();
    this.out[this.length++] = byte;
    if (this.length >= this.limit) this.flush();
  }

  /** Something follows the line ends and the white space that were held back. */
  private begin(): void {
    for (; this.lineEnds > 0; this.lineEnds--) {
      this.out[this.length++] = CR;
      this.out[this.length++] = LF;
      if (this.length >= this.limit) this.flush();
    }
    if (this.space) this.out[this.length++] = SPACE;
    this.space = false;
  }

  private flush(): void {
    if (this.length === 0) return;
    this.empty = false;
    this.sink(this.out.subarray(0, this.length));
    this.length = 0;
  }
}

const CRLF = new Uint8Array([CR, LF]);
