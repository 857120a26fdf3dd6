/** Where a segment lies, and what a reference to a blob in it looks like. */
import { crc32 } from 'node:zlib';
import { ContentMissingError, type Random } from '@penstock/ports';

export const HOUR_MS = 3_600_000;
export const CONTENT_FOLDER = 'content';

const WRITER_LETTERS = 12;
const CHECK_LETTERS = 4;
const CHECK_RANGE = 36 ** CHECK_LETTERS;

/** Unique for ever: `writer` is drawn at random by each process, `sequence` counts its segments. */
export interface SegmentName {
  /** Hours since the epoch when it was written, UTC. */
  readonly hour: number;
  readonly writer: string;
  readonly sequence: number;
}

/** A blob: its frame's place in its segment, and its own length. */
export interface BlobPlace {
  readonly segment: SegmentName;
  readonly offset: number;
  readonly length: number;
}

/** 62 bits: two processes do not meet. Lower case only, for file systems that do not tell letters apart. */
export function newWriter(random: Random): string {
  return Array.from(random.bytes(WRITER_LETTERS), (byte) => (byte % 36).toString(36)).join('');
}

/** `content/2026112301`: all of an hour can be listed and deleted by it, and people can read it. */
export function hourFolder(hour: number): string {
  return `${CONTENT_FOLDER}/${new Date(hour * HOUR_MS).toISOString().slice(0, 13).replaceAll(/\D/g, '')}`;
}

/** The hour of a folder's own name; undefined for what is none of ours. */
export function parseHour(name: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)$/.exec(name);
  if (!parts) return undefined;
  const [, year, month, day, hour] = parts;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:00:00Z`);
  return Number.isNaN(at) ? undefined : at / HOUR_MS;
}

export function segmentPath({ hour, writer, sequence }: SegmentName): string {
  return `${hourFolder(hour)}/${writer}-${sequence.toString(36)}`;
}

/** Names the segment within one process's tables. */
export function segmentKey({ hour, writer, sequence }: SegmentName): string {
  return `${hour.toString(36)}-${writer}-${sequence.toString(36)}`;
}

/** Ends with a check of itself, so that a reference nobody gave is told from content that is damaged. */
export function formatReference(key: string, offset: number, length: number): string {
  const text = `${key}-${offset.toString(36)}-${length.toString(36)}`;
  return `${text}-${check(text)}`;
}

const REFERENCE = /^([0-9a-z]{1,6})-([0-9a-z]{12})-([0-9a-z]{1,8})-([0-9a-z]{1,7})-([0-9a-z]{1,6})-([0-9a-z]{4})$/;

/** @throws ContentMissingError where no store of this kind gave such a reference. */
export function parseReference(reference: string): BlobPlace {
  const parts = REFERENCE.exec(reference);
  if (!parts || parts[6] !== check(reference.slice(0, -CHECK_LETTERS - 1))) {
    throw new ContentMissingError('the reference is not one of this store');
  }
  const number = (part: number) => Number.parseInt(parts[part] as string, 36);
  return {
    segment: { hour: number(1), writer: parts[2] as string, sequence: number(3) },
    offset: number(4),
    length: number(5),
  };
}

function check(text: string): string {
  return (crc32(text) % CHECK_RANGE).toString(36).padStart(CHECK_LETTERS, '0');
}
