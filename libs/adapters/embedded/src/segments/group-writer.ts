import { Worker } from 'node:worker_threads';
import { FRAME_HEADER_BYTES, FRAME_TYPE, writeFrameHeader } from './frame.ts';
import type { SegmentFilesModule } from './segment-files.ts';
import { encodeSegmentHeader } from './segment-header.ts';
import type { WriterReply, WriterRequest, WriterSettings, WriterTask } from './writer-messages.ts';
import { WriterStatistics } from './writer-statistics.ts';

const CHUNK_BYTES = 1024 * 1024;
const SPARE_CHUNKS = 8;
const MARK_BYTES = 4;

/** Where a frame will lie, and the memory its payload is to be written to, at once. */
export interface FramePlace {
  readonly segment: number;
  readonly position: number;
  /** Bytes of the whole frame. */
  readonly bytes: number;
  readonly buffer: Buffer;
  /** Where in `buffer` the payload begins. */
  readonly at: number;
}

export interface GroupWriterOptions {
  readonly folder: string;
  readonly salt: number;
  readonly segment: number;
  readonly position: number;
  readonly segmentBytes: number;
  readonly files: SegmentFilesModule | undefined;
  /** Next offsets by partition key, for the header of a new segment. */
  readonly nextOffsets: () => Readonly<Record<string, number>>;
  /** The groups' positions, for the same. */
  readonly committed: () => Readonly<Record<string, number>>;
  /** A segment is full: answers the bytes of its index; the next one is `segment + 1`. */
  readonly sealed: (segment: number, segmentBytes: number) => ArrayBuffer;
  /** Everything before this place has become durable; told before the waiters are. */
  readonly durable: (segment: number, position: number) => void;
  /** Writing is over for good; every waiter has been told. */
  readonly onFatal: (error: Error) => void;
  readonly onIndexFailed: (message: string) => void;
  /** There is no space for the group; nothing becomes durable before there is. */
  readonly onFull: () => void;
}

interface Chunk {
  readonly buffer: Buffer<ArrayBuffer>;
  readonly segment: number;
  readonly position: number;
  used: number;
}

/** What the writer thread has in hand. */
interface Group {
  readonly waiters: Waiter[];
  readonly segment: number;
  readonly position: number;
  readonly sentMs: number;
}

type Waiter = (error: Error | undefined) => void;

/**
 * Frames take their place at once, in memory; what has gathered while the writer thread was busy goes to it as one
 * group, in the order of the places, and becomes durable by one sync.
 */
export class GroupWriter {
  private readonly worker: Worker;
  private segment: number;
  private position: number;
  /** Nothing but its header stands in the segment: it is never full, however large the next frame. */
  private empty = false;
  private durableSegment: number;
  private durablePosition: number;
  private tasks: WriterTask[] = [];
  private chunk: Chunk | undefined;
  private waiters: Waiter[] = [];
  private bytesWaiting = 0;
  private inFlight: Group | undefined;
  readonly statistics = new WriterStatistics();
  private scheduled = false;
  private failure: Error | undefined;
  private closing = false;
  /** The group in flight found no space. */
  private full = false;
  private readonly spare: Buffer<ArrayBuffer>[] = [];

  constructor(private readonly options: GroupWriterOptions) {
    this.segment = options.segment;
    this.position = options.position;
    this.durableSegment = options.segment;
    this.durablePosition = options.position;
    const { folder, salt, files } = options;
    const workerData: WriterSettings = { folder, salt, files };
    this.worker = new Worker(new URL('./writer-thread.js', import.meta.url), { workerData });
    this.worker.on('message', (reply: WriterReply) => this.replied(reply));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', () => {
      if (!this.closing) this.fail(new Error('the writer thread ended'));
    });
    this.worker.unref();
  }

  /** Set once a write or sync failed. */
  get failed(): Error | undefined {
    return this.failure;
  }

  /** Everything before this place is durable. */
  get durable(): { readonly segment: number; readonly position: number } {
    return { segment: this.durableSegment, position: this.durablePosition };
  }

  /** Bytes placed and not yet handed to the thread. */
  get waitingBytes(): number {
    return this.bytesWaiting;
  }

  /** True once every byte of the segment before `end` is durable. */
  isDurable(segment: number, end: number): boolean {
    return segment < this.durableSegment || (segment === this.durableSegment && end <= this.durablePosition);
  }

  /** The next frame of the open group. The payload has to be written before anything else happens. */
  place(type: number, payloadBytes: number): FramePlace {
    if (this.tasks.length === 0 && !this.chunk) this.begin();
    const frameBytes = FRAME_HEADER_BYTES + payloadBytes;
    if (!this.empty && this.position + frameBytes > this.options.segmentBytes) this.roll();
    this.empty = false;
    return this.frame(type, payloadBytes);
  }

  /** Calls back when all that has been placed so far is durable, or will never be. */
  whenDurable(waiter: Waiter): void {
    if (this.failure) waiter(this.failure);
    else if (this.tasks.length === 0 && !this.chunk && !this.inFlight) waiter(undefined);
    else if (this.tasks.length === 0 && !this.chunk && this.inFlight) this.inFlight.waiters.push(waiter);
    else this.waiters.push(waiter);
  }

  /** Writes what waits, marks all of it durable, and ends the thread. What waits for space is given up. */
  async close(): Promise<void> {
    if (this.full) {
      this.closing = true;
      this.fail(new Error(`closed while there was no space in ${this.options.folder}`));
    }
    if (!this.failure) {
      await this.drained();
      this.begin();
      await this.drained();
    }
    this.closing = true;
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.ref();
    this.worker.postMessage({ kind: 'close' } satisfies WriterRequest);
    await exited;
    this.fail(new Error('the log is closed'));
  }

  private drained(): Promise<void> {
    return new Promise((resolve) => this.whenDurable(() => resolve()));
  }

  /** Each group begins by telling what was durable before it: recovery tells damage from a torn tail by it. */
  private begin(): void {
    if (!this.inFlight) this.schedule();
    const durable = this.durableSegment === this.segment ? this.durablePosition : 0;
    const { buffer, at } = this.frame(FRAME_TYPE.mark, MARK_BYTES);
    buffer.writeUInt32LE(durable, at);
  }

  private frame(type: number, payloadBytes: number): FramePlace {
    const bytes = FRAME_HEADER_BYTES + payloadBytes;
    const chunk = this.room(bytes);
    const start = chunk.used;
    chunk.used += bytes;
    const position = this.position;
    this.position += bytes;
    this.bytesWaiting += bytes;
    this.statistics.bytes += bytes;
    if (type === FRAME_TYPE.batch) this.statistics.appends++;
    writeFrameHeader(chunk.buffer, start, type, payloadBytes);
    return { segment: this.segment, position, bytes, buffer: chunk.buffer, at: start + FRAME_HEADER_BYTES };
  }

  private room(bytes: number): Chunk {
    if (this.chunk && this.chunk.used + bytes <= this.chunk.buffer.length) return this.chunk;
    this.finishChunk();
    const buffer =
      bytes <= CHUNK_BYTES
        ? (this.spare.pop() ?? Buffer.from(new ArrayBuffer(CHUNK_BYTES)))
        : Buffer.from(new ArrayBuffer(bytes));
    this.chunk = { buffer, segment: this.segment, position: this.position, used: 0 };
    return this.chunk;
  }

  private finishChunk(): void {
    const { chunk } = this;
    if (!chunk) return;
    const { segment, position, used } = chunk;
    this.tasks.push({ kind: 'write', segment, position, buffer: chunk.buffer.buffer, bytes: used });
    this.chunk = undefined;
  }

  private roll(): void {
    this.finishChunk();
    this.tasks.push({
      kind: 'seal',
      segment: this.segment,
      index: this.options.sealed(this.segment, this.position),
    });
    this.segment++;
    this.position = 0;
    this.empty = true;
    const header = encodeSegmentHeader({
      segment: this.segment,
      salt: this.options.salt,
      nextOffsets: this.options.nextOffsets(),
      committed: this.options.committed(),
      at: Date.now(),
    });
    const { buffer, at } = this.frame(FRAME_TYPE.segment, header.length - FRAME_HEADER_BYTES);
    header.copy(buffer, at, FRAME_HEADER_BYTES);
  }

  /** A turn of the event loop later, so that whatever the same turn appends shares the sync. */
  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.flush();
    });
  }

  private flush(): void {
    if (this.failure || this.inFlight || (this.tasks.length === 0 && !this.chunk)) return;
    this.finishChunk();
    const { tasks, waiters, segment, position } = this;
    this.tasks = [];
    this.waiters = [];
    this.bytesWaiting = 0;
    this.inFlight = { waiters, segment, position, sentMs: performance.now() };
    const transfer = tasks.map((task) => (task.kind === 'write' ? task.buffer : task.index));
    this.worker.ref();
    this.worker.postMessage({ kind: 'group', tasks } satisfies WriterRequest, transfer);
  }

  private replied(reply: WriterReply): void {
    if (reply.kind === 'failed') {
      this.fail(new Error(`writing to ${this.options.folder} failed: ${reply.message}`));
      return;
    }
    if (reply.kind === 'full') {
      this.full = true;
      this.options.onFull();
      return;
    }
    if (reply.kind === 'index_failed') {
      this.options.onIndexFailed(reply.message);
      return;
    }
    const group = this.inFlight;
    if (!group) return;
    this.inFlight = undefined;
    this.full = false;
    this.statistics.synced(performance.now() - group.sentMs);
    this.durableSegment = group.segment;
    this.durablePosition = group.position;
    this.options.durable(group.segment, group.position);
    for (const buffer of reply.buffers) {
      if (buffer.byteLength === CHUNK_BYTES && this.spare.length < SPARE_CHUNKS) this.spare.push(Buffer.from(buffer));
    }
    if (this.tasks.length > 0 || this.chunk) this.schedule();
    else this.worker.unref();
    for (const waiter of group.waiters) waiter(undefined);
  }

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    const waiters = [...(this.inFlight?.waiters ?? []), ...this.waiters];
    this.inFlight = undefined;
    this.waiters = [];
    for (const waiter of waiters) waiter(error);
    if (!this.closing) this.options.onFatal(error);
  }
}
