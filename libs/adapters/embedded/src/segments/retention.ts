import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS } from '@penstock/events';
import type { Telemetry } from '@penstock/ports';
import { readBatchPrefix } from '../log/batch-frame.ts';
import { partitionName } from '../log/partition-key.ts';
import { FRAME_TYPE, sealFrames } from './frame.ts';
import { removeSegment, syncFolder } from './recovery.ts';
import type { SegmentCatalogue } from './segment-catalogue.ts';
import {
  decodeSegmentHeader,
  encodeSegmentHeader,
  indexFileName,
  type SegmentHeader,
  segmentFileName,
} from './segment-header.ts';
import { encodeIndex, SegmentIndex } from './segment-index.ts';
import type { SegmentReader } from './segment-reader.ts';

/** Topics that are read from their start at every start: their records are kept for ever. */
const KEPT: readonly string[] = [TOPICS.control, TOPICS.directory];
const HEADER_BYTES = 64 * 1024;
/** A machine that was off for long has time to end what was pending before the first run. */
const EVERY_MS = 10 * 60_000;

export interface RetentionOptions {
  readonly folder: string;
  readonly salt: number;
  /** Nothing is deleted where it is absent. */
  readonly retentionMs: number | undefined;
  readonly catalogue: SegmentCatalogue;
  readonly reader: SegmentReader;
  readonly telemetry: Telemetry;
  /** Each answers offsets, by partition such as `mail.events-0`, that somebody still has to read from. */
  readonly needed: readonly (() => Promise<ReadonlyMap<string, number>>)[];
  /** Segments are gone. */
  readonly retired: () => void;
}

interface Expired {
  readonly segment: number;
  readonly next: SegmentHeader;
}

/**
 * Deletes segments from the oldest on, when the one behind was begun longer ago than the retention, so that all in them
 * is older. What is kept for ever of them goes into one segment that takes the place of the last one deleted: offsets
 * and their order stay as they are. A crash in between leaves that segment beside some that it makes obsolete, and
 * recovery deletes those.
 */
export class Retention {
  private running: Promise<number> | undefined;

  private readonly timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: RetentionOptions) {
    if (options.retentionMs === undefined) return;
    this.timer = setInterval(() => {
      this.run().catch((error: unknown) =>
        options.telemetry.log('error', 'retention_failed', { error: String(error) }),
      );
    }, EVERY_MS);
    this.timer.unref();
  }

  /** Answers how many segments there are less. */
  run(): Promise<number> {
    this.running ??= this.retire().finally(() => {
      this.running = undefined;
    });
    return this.running;
  }

  /** Begins no other run; resolves when none is under way. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running?.catch(() => {});
  }

  private async retire(): Promise<number> {
    const { catalogue, reader, telemetry } = this.options;
    const first = catalogue.firstSegment;
    const expired = await this.expired();
    const last = expired.at(-1);
    // One is what the last run left, or too little to be worth a copy of what is kept.
    if (!last || expired.length < 2) return 0;
    const frames = await this.keptFrames(expired.map(({ segment }) => segment));
    const { index, bytes } = this.replace(last.segment, last.next, frames);
    for (const { segment } of expired.slice(0, -1)) removeSegment(this.options.folder, segment);
    syncFolder(this.options.folder);
    writeFileSync(join(this.options.folder, indexFileName(last.segment)), this.indexBytes(index, bytes), {
      mode: 0o600,
    });
    catalogue.retire(last.segment, index);
    reader.retire(last.segment);
    this.options.retired();
    telemetry.log('info', 'segments_deleted', { from: first, to: last.segment, keptBytes: bytes });
    return expired.length - 1;
  }

  /** From the oldest on, each with the header of the one behind it. */
  private async expired(): Promise<readonly Expired[]> {
    const { catalogue, retentionMs = Number.POSITIVE_INFINITY } = this.options;
    const needed = await Promise.all(this.options.needed.map((ask) => ask()));
    const expired: Expired[] = [];
    for (let segment = catalogue.firstSegment; segment < catalogue.writtenSegment; segment++) {
      const next = await this.header(segment + 1);
      if (next.at + retentionMs > Date.now() || (await this.isNeeded(segment, needed))) break;
      expired.push({ segment, next });
    }
    return expired;
  }

  private async header(segment: number): Promise<SegmentHeader> {
    const { reader } = this.options;
    // The first frame holds the salt, so it is checked without.
    const buffer = await reader.bytes(segment, 0, HEADER_BYTES);
    const frame = reader.frame(segment, buffer, 0, 0);
    return decodeSegmentHeader(frame.payload, reader.path(segment));
  }

  /** Whether somebody has yet to read a record of it: a submission not expanded, a fold that lags. */
  private async isNeeded(segment: number, needed: readonly ReadonlyMap<string, number>[]): Promise<boolean> {
    for (const [key, { endOffset }] of (await this.options.catalogue.index(segment)).partitions) {
      const name = partitionName(key);
      if (name === undefined) return true;
      if (needed.some((offsets) => (offsets.get(name) ?? endOffset) < endOffset)) return true;
    }
    return false;
  }

  private async keptFrames(segments: readonly number[]): Promise<readonly Buffer[]> {
    const frames: Buffer[] = [];
    for (const segment of segments) {
      for (const [key, partition] of (await this.options.catalogue.index(segment)).partitions) {
        if (!isKept(key)) continue;
        for (let ordinal = 0; ordinal < partition.offsets.length; ordinal++) {
          const { position, end } = partition.extent(ordinal) as { position: number; end: number };
          await this.takeFrames(segment, key, position, end, frames);
        }
      }
    }
    return frames;
  }

  private async takeFrames(segment: number, key: number, position: number, end: number, into: Buffer[]): Promise<void> {
    const { reader } = this.options;
    const buffer = await reader.bytes(segment, position, end - position);
    for (let at = 0; at < buffer.length; ) {
      const frame = reader.frame(segment, buffer, at, position);
      const isOurs = frame.type === FRAME_TYPE.batch && readBatchPrefix(frame.payload).key === key;
      if (isOurs) into.push(Buffer.from(buffer.subarray(at, at + frame.bytes)));
      at += frame.bytes;
    }
  }

  /** Durable, and in the segment's place, when this returns. */
  private replace(
    segment: number,
    next: SegmentHeader,
    frames: readonly Buffer[],
  ): { index: SegmentIndex; bytes: number } {
    const { folder, salt } = this.options;
    const { at, nextOffsets, committed } = next;
    const header = encodeSegmentHeader({ segment, salt, nextOffsets, committed, at, kept: true });
    const bytes = Buffer.concat([header, ...frames]);
    sealFrames(bytes.subarray(header.length), header.length, salt);
    const path = join(folder, segmentFileName(segment));
    const file = openSync(`${path}.new`, 'w', 0o600);
    try {
      for (let written = 0; written < bytes.length; ) written += writeSync(file, bytes, written);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    rmSync(join(folder, indexFileName(segment)), { force: true });
    renameSync(`${path}.new`, path);
    syncFolder(folder);
    return { index: indexOf(header.length, frames), bytes: bytes.length };
  }

  private indexBytes(index: SegmentIndex, segmentBytes: number): Buffer {
    return encodeIndex({ index, salt: this.options.salt, segmentBytes });
  }
}

function isKept(key: number): boolean {
  const name = partitionName(key);
  return name !== undefined && KEPT.includes(name.slice(0, name.lastIndexOf('-')));
}

function indexOf(position: number, frames: readonly Buffer[]): SegmentIndex {
  const index = new SegmentIndex();
  let at = position;
  for (const frame of frames) {
    const { key, offset, count } = readBatchPrefix(frame.subarray(frame.length - payloadBytes(frame)));
    index.partition(key).add(offset, count, at, frame.length);
    at += frame.length;
  }
  return index;
}

function payloadBytes(frame: Buffer): number {
  return frame.readUInt32LE(4);
}
