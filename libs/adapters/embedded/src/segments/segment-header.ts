import { FRAME_HEADER_BYTES, FRAME_TYPE, sealFrames, writeFrameHeader } from './frame.ts';

const FORMAT = 2;

/** What the first frame of a segment says. */
export interface SegmentHeader {
  readonly segment: number;
  /** Random u32 that goes into the segment's CRCs. */
  readonly salt: number;
  /** Next offset by partition key at the start of the segment, where it is not 0. */
  readonly nextOffsets: Readonly<Record<string, number>>;
  /** The groups' positions at the start of the segment, see log/committed-offsets.ts. */
  readonly committed: Readonly<Record<string, number>>;
  /** Wall time when the segment was begun, ms since the epoch: what stands in earlier ones is older. */
  readonly at: number;
  /** Holds what is kept for ever of itself and of every segment before it, which count no more; see retention.ts. */
  readonly kept?: boolean;
}

export function encodeSegmentHeader(header: SegmentHeader): Buffer {
  const json = Buffer.from(JSON.stringify({ format: FORMAT, ...header }));
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + json.length);
  json.copy(frame, FRAME_HEADER_BYTES);
  writeFrameHeader(frame, 0, FRAME_TYPE.segment, json.length);
  sealFrames(frame, 0, 0);
  return frame;
}

/** @throws where a later release wrote it. */
export function decodeSegmentHeader(payload: Buffer, path: string): SegmentHeader {
  const header = JSON.parse(payload.toString()) as SegmentHeader & { format: number };
  if (header.format !== FORMAT) {
    throw new Error(`${path} has format ${header.format}, this release reads ${FORMAT}: run the release that wrote it`);
  }
  return header;
}

/** `0000000007.segment` */
export function segmentFileName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.segment`;
}

export function segmentOfFileName(name: string): number | undefined {
  return /^\d{10}\.segment$/.test(name) ? Number(name.slice(0, 10)) : undefined;
}

/** `0000000007.index`, beside a segment that is full. */
export function indexFileName(segment: number): string {
  return `${String(segment).padStart(10, '0')}.index`;
}
