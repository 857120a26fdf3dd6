import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Telemetry } from '@penstock/ports';
import { SegmentCatalogue } from './segment-catalogue.ts';
import { DamagedSegmentError } from './segment-errors.ts';
import { encodeSegmentHeader, indexFileName, segmentFileName, segmentOfFileName } from './segment-header.ts';
import { SegmentIndex } from './segment-index.ts';
import { durableBeyond, scanFull, scanSegment, storedIndex } from './segment-scan.ts';

const MAX_SALT = 0xffff_ffff;

/** Where writing goes on, and what is there to read. */
export interface RecoveredSegments {
  readonly catalogue: SegmentCatalogue;
  readonly salt: number;
  readonly segment: number;
  readonly position: number;
  /** Next offsets by partition key, of every partition that was ever written. */
  readonly nextOffsets: Map<number, number>;
  /** The groups' positions by name. */
  readonly committed: ReadonlyMap<string, number>;
}

/**
 * Opens the folder's segments: full ones by their indexes, the last one by reading it whole. A tail that no sync
 * covered is cut; damage before it is refused. What is kept is durable when this returns, since readers will act
 * on it.
 *
 * @throws DamagedSegmentError
 */
export function recoverSegments(folder: string, telemetry: Telemetry): RecoveredSegments {
  makeFolder(folder);
  const segments = listSegments(folder);
  const last = segments.pop() ?? 1;
  // Of a life in which it was full, and what followed never became durable: it is written again, its index is not.
  rmSync(join(folder, indexFileName(last)), { force: true });
  const full = dropObsolete(
    folder,
    segments.map((segment) => ({ segment, ...fullSegment(folder, segment, telemetry) })),
  );
  checkComplete(folder, [...full.map(({ segment }) => segment), last]);
  const known = full[0]?.salt;
  const tail = recoverLast(folder, last, known, telemetry);
  const catalogue = new SegmentCatalogue(folder, tail.salt);
  const nextOffsets = new Map<number, number>(tail.nextOffsets);
  for (const { segment, index } of [...full, { segment: last, index: tail.index }]) {
    catalogue.adopt(segment, index);
    for (const [key, partition] of index.partitions) nextOffsets.set(key, partition.endOffset);
  }
  const found = { catalogue, salt: tail.salt, segment: last, nextOffsets };
  if (!tail.fresh) return { ...found, position: tail.end, committed: tail.committed };
  // Its header, which was lost, told what the segment before it tells in full.
  const previous = full.at(-1) && scanFull(folder, last - 1, tail.salt);
  for (const [key, next] of Object.entries(previous?.header.nextOffsets ?? {})) {
    nextOffsets.set(Number(key), Math.max(next, nextOffsets.get(Number(key)) ?? 0));
  }
  const committed = previous?.committed ?? new Map<string, number>();
  const position = startSegment(folder, last, tail.salt, { nextOffsets, committed });
  return { ...found, position, committed };
}

/** The folder's name is durable before anything in it is. */
function makeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const parent of [dirname(folder), dirname(dirname(folder))]) syncFolder(parent);
}

function listSegments(folder: string): number[] {
  const segments = readdirSync(folder)
    .map(segmentOfFileName)
    .filter((segment) => segment !== undefined)
    .sort((a, b) => a - b);
  return segments;
}

function checkComplete(folder: string, segments: readonly number[]): void {
  for (const [i, segment] of segments.entries()) {
    const expected = (segments[0] as number) + i;
    if (segment === expected) continue;
    const missing = join(folder, segmentFileName(expected));
    throw new Error(`${missing} is missing, though later segments are there: put it back from a copy`);
  }
}

/** A crash came between the segment that keeps what is kept of those before it, and their deletion. */
function dropObsolete<T extends { readonly segment: number; readonly kept: boolean }>(
  folder: string,
  full: readonly T[],
): readonly T[] {
  const first = full.findLastIndex(({ kept }) => kept);
  if (first <= 0) return full;
  for (const { segment } of full.slice(0, first)) removeSegment(folder, segment);
  syncFolder(folder);
  return full.slice(first);
}

/** Without its index first: an index alone would be taken for another segment's. */
export function removeSegment(folder: string, segment: number): void {
  rmSync(join(folder, indexFileName(segment)), { force: true });
  rmSync(join(folder, segmentFileName(segment)), { force: true });
}

interface FullSegment {
  readonly index: SegmentIndex;
  readonly salt: number;
  /** Known to be one that keeps for ever; one with an index needs no such knowledge: nothing lies before it any more. */
  readonly kept: boolean;
}

function fullSegment(folder: string, segment: number, telemetry: Telemetry): FullSegment {
  const stored = storedIndex(folder, segment);
  if (stored) return { ...stored, kept: false };
  telemetry.log('info', 'segment_scanned', { segment, why: 'it has no index of its own' });
  const { index, header } = scanFull(folder, segment, undefined);
  return { index, salt: header.salt, kept: header.kept ?? false };
}

interface Tail {
  readonly salt: number;
  readonly index: SegmentIndex;
  readonly nextOffsets: readonly (readonly [number, number])[];
  readonly committed: ReadonlyMap<string, number>;
  readonly end: number;
  /** Nothing of it was ever durable: it begins anew. */
  readonly fresh: boolean;
}

function recoverLast(folder: string, segment: number, salt: number | undefined, telemetry: Telemetry): Tail {
  const path = join(folder, segmentFileName(segment));
  const scan = exists(folder, segment) ? scanSegment(folder, segment, salt) : undefined;
  const known = scan?.header?.salt ?? salt;
  const bytesCut = scan ? scan.buffer.length - scan.end : 0;
  if (scan && bytesCut > 0) {
    // The first segment of a folder is made durable before anything is put in it; its header cannot be torn off.
    const begunAndLost = known === undefined && scan.buffer.length > emptyHeader(segment, MAX_SALT).length;
    if (begunAndLost || (known !== undefined && durableBeyond(scan, known))) {
      throw new DamagedSegmentError(path, scan.end, 'the checksum does not match, and what follows had been durable');
    }
    telemetry.log('warn', 'log_tail_cut', { path, position: scan.end, bytes: bytesCut });
  }
  if (!scan?.header) {
    return {
      salt: known ?? randomBytes(4).readUInt32LE(),
      index: new SegmentIndex(),
      nextOffsets: [],
      committed: new Map(),
      end: 0,
      fresh: true,
    };
  }
  makeDurable(path, scan.end);
  const nextOffsets = Object.entries(scan.header.nextOffsets).map(([key, next]) => [Number(key), next] as const);
  const { index, committed, end } = scan;
  return { salt: scan.header.salt, index, nextOffsets, committed, end, fresh: false };
}

function exists(folder: string, segment: number): boolean {
  return readdirSync(folder).includes(segmentFileName(segment));
}

function makeDurable(path: string, bytes: number): void {
  const file = openSync(path, 'r+');
  try {
    ftruncateSync(file, bytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

interface SegmentStart {
  readonly nextOffsets: ReadonlyMap<number, number>;
  readonly committed: ReadonlyMap<string, number>;
}

/** Answers the position after its header. */
function startSegment(folder: string, segment: number, salt: number, start: SegmentStart): number {
  const header = encodeSegmentHeader({
    segment,
    salt,
    nextOffsets: Object.fromEntries(start.nextOffsets),
    committed: Object.fromEntries(start.committed),
    at: Date.now(),
  });
  const file = openSync(join(folder, segmentFileName(segment)), 'w', 0o600);
  try {
    writeSync(file, header, 0);
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(folder);
  return header.length;
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** The longest header a folder's first segment has. */
function emptyHeader(segment: number, salt: number): Buffer {
  return encodeSegmentHeader({ segment, salt, nextOffsets: {}, committed: {}, at: Number.MAX_SAFE_INTEGER });
}
