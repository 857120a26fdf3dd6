import { type RecordOf, type Topic, upcast } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';
import { BATCH_PREFIX_BYTES, readBatchPrefix } from '../log/batch-frame.ts';

/** What stands between two records that both begin with their id, as all of ours do. */
const BETWEEN = '},{"id":';

/**
 * The records of a batch, each with its text. The array is cut where a record ends and the next begins; in a string
 * the quotes would be escaped, and a cut inside a record leaves pieces that are no JSON, so then the array is parsed
 * whole and the texts are left out.
 *
 * @throws UndecodableRecordError where a record is of an unknown type or version
 */
export function decodeBatchTexts(payload: Buffer): StoredRecord<Topic>[] {
  const { offset, count } = readBatchPrefix(payload);
  const text = payload.toString('utf8', BATCH_PREFIX_BYTES);
  return cut(text, offset, count) ?? whole(text, offset);
}

function cut(text: string, offset: number, count: number): StoredRecord<Topic>[] | undefined {
  const found: StoredRecord<Topic>[] = [];
  let from = 1;
  for (let i = 0; i < count; i++) {
    const end = i === count - 1 ? text.length - 1 : text.indexOf(BETWEEN, from) + 1;
    if (end <= from) return undefined;
    const piece = text.slice(from, end);
    const stored = storedRecord(piece, offset + i);
    if (!stored) return undefined;
    found.push(stored);
    from = end + 1;
  }
  return found;
}

function storedRecord(text: string, offset: number): StoredRecord<Topic> | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  const record = upcast(parsed) as RecordOf<Topic>;
  // What was lifted to today's version is not what stands there any more.
  return record === parsed ? { offset, record, text } : { offset, record };
}

function whole(text: string, offset: number): StoredRecord<Topic>[] {
  return (JSON.parse(text) as unknown[]).map((record, i) => ({
    offset: offset + i,
    record: upcast(record) as RecordOf<Topic>,
  }));
}
