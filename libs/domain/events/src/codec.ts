/** Records as bytes: JSON, so that any tool reads them; old versions are lifted to today's on the way in. */
import { UndecodableRecordError } from './record-types.ts';
import type { LogRecord } from './records.ts';
import { upcast } from './upcast.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

export function encodeRecord(record: LogRecord): Uint8Array {
  return encoder.encode(JSON.stringify(record));
}

/** @throws UndecodableRecordError for bytes that are no JSON, or of an unknown type or version. */
export function decodeRecord(bytes: Uint8Array): LogRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new UndecodableRecordError('record is not UTF-8 JSON', { cause: error });
  }
  return upcast(parsed);
}
