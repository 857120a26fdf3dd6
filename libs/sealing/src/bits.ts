/** Numbers one after the other in as few bits as they need, most significant bit first. */

const GROUP_BITS = 7;
const GROUP = 1 << GROUP_BITS;
/** No number of ours has more groups: it would not be a safe integer. */
const MAX_GROUPS = 7;

export class BitWriter {
  private readonly written: number[] = [];
  private held = 0;
  private heldBits = 0;

  /** The lowest `count` bits of `value`; at most 16. */
  write(value: number, count: number): void {
    this.held = (this.held << count) | value;
    this.heldBits += count;
    while (this.heldBits >= 8) {
      this.heldBits -= 8;
      this.written.push((this.held >>> this.heldBits) & 255);
    }
    this.held &= 255;
  }

  /** A whole number in groups of seven bits, the lowest first; a bit before each says whether more follow. */
  writeNumber(value: number): void {
    let rest = value;
    for (; rest >= GROUP; rest = Math.floor(rest / GROUP)) this.write(GROUP | (rest % GROUP), GROUP_BITS + 1);
    this.write(rest, GROUP_BITS + 1);
  }

  /** All that was written, filled up with zeros. */
  bytes(): Uint8Array {
    if (this.heldBits === 0) return Uint8Array.from(this.written);
    return Uint8Array.from([...this.written, (this.held << (8 - this.heldBits)) & 255]);
  }
}

export class BitReader {
  private at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Whether more was read than there is. */
  get overrun(): boolean {
    return this.at > this.bytes.length * 8;
  }

  /** At most 16 bits; zeros beyond the end. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.at++) {
      value = (value << 1) | (((this.bytes[this.at >>> 3] ?? 0) >>> (7 - (this.at & 7))) & 1);
    }
    return value;
  }

  readNumber(): number {
    let value = 0;
    let scale = 1;
    for (let group = 0; group < MAX_GROUPS; group++, scale *= GROUP) {
      const next = this.read(GROUP_BITS + 1);
      value += (next % GROUP) * scale;
      if (next < GROUP) break;
    }
    return value;
  }
}
