/** The primitive types of Kafka's protocol (kafka.apache.org/protocol, "Protocol Primitive Types"), old string forms. */

export class WireReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int8(): number {
    return this.bytes.readInt8(this.take(1));
  }

  int16(): number {
    return this.bytes.readInt16BE(this.take(2));
  }

  int32(): number {
    return this.bytes.readInt32BE(this.take(4));
  }

  int64(): number {
    return Number(this.bytes.readBigInt64BE(this.take(8)));
  }

  /** A zigzag varint of at most 64 bits; record batches are made of them. */
  varint(): number {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes.readUInt8(this.take(1));
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number((value >> 1n) ^ -(value & 1n));
    }
    throw new RangeError('a varint of more than ten bytes');
  }

  string(): string | null {
    const length = this.int16();
    return length < 0 ? null : this.slice(length).toString('utf8');
  }

  /** A buffer of its own, with the length before it. */
  bytesField(): Buffer {
    return Buffer.from(this.slice(Math.max(0, this.int32())));
  }

  array<T>(item: (reader: WireReader) => T): T[] {
    const count = this.int32();
    return Array.from({ length: Math.max(0, count) }, () => item(this));
  }

  /** Absent where the length is -1: in a metadata request, every topic is asked for. */
  nullableArray<T>(item: (reader: WireReader) => T): T[] | null {
    if (this.bytes.readInt32BE(this.at) >= 0) return this.array(item);
    this.take(4);
    return null;
  }

  slice(length: number): Buffer {
    const from = this.take(length);
    return this.bytes.subarray(from, from + length);
  }

  private take(length: number): number {
    const from = this.at;
    if (from + length > this.bytes.length) throw new RangeError(`the request ends at ${this.bytes.length}`);
    this.at += length;
    return from;
  }
}

export class WireWriter {
  private readonly parts: Buffer[] = [];

  int8(value: number): this {
    return this.fixed(1, (buffer) => buffer.writeInt8(value));
  }

  int16(value: number): this {
    return this.fixed(2, (buffer) => buffer.writeInt16BE(value));
  }

  int32(value: number): this {
    return this.fixed(4, (buffer) => buffer.writeInt32BE(value));
  }

  int64(value: number): this {
    return this.fixed(8, (buffer) => buffer.writeBigInt64BE(BigInt(value)));
  }

  string(value: string | null): this {
    if (value === null) return this.int16(-1);
    const text = Buffer.from(value);
    this.int16(text.length).parts.push(text);
    return this;
  }

  bytesField(value: Buffer): this {
    this.int32(value.length).parts.push(value);
    return this;
  }

  array<T>(items: readonly T[], write: (writer: this, item: T) => void): this {
    this.int32(items.length);
    for (const item of items) write(this, item);
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.parts);
  }

  private fixed(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.parts.push(buffer);
    return this;
  }
}
