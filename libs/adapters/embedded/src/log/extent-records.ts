import type { Topic } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';
import { FRAME_TYPE } from '../segments/frame.ts';
import type { LocatedExtent } from '../segments/segment-catalogue.ts';
import type { SegmentReader } from '../segments/segment-reader.ts';
import { readBatchPrefix } from './batch-frame.ts';

/** The partition's records from `from` up to `stop` that lie in the extent. */
export async function readExtent(
  reader: SegmentReader,
  key: number,
  { segment, position, end }: LocatedExtent,
  from: number,
  stop: number,
  decode: (payload: Buffer) => readonly StoredRecord<Topic>[],
): Promise<StoredRecord<Topic>[]> {
  const buffer = await reader.bytes(segment, position, end - position);
  const found: StoredRecord<Topic>[] = [];
  for (let at = 0; at < buffer.length; ) {
    const frame = reader.frame(segment, buffer, at, position);
    at += frame.bytes;
    if (frame.type !== FRAME_TYPE.batch) continue;
    const prefix = readBatchPrefix(frame.payload);
    if (prefix.key !== key || prefix.offset + prefix.count <= from) continue;
    for (const record of decode(frame.payload)) {
      if (record.offset >= from && record.offset < stop) found.push(record);
    }
    // What lies beyond the last record wanted may not be written yet.
    if (prefix.offset + prefix.count >= stop) break;
  }
  return found;
}
