/** The upcast chain: stored versions lifted, one step at a time, to the version this release works with. */
import { RECORD_TYPES, UndecodableRecordError } from './record-types.ts';
import type { LogRecord, RecordType } from './records.ts';

type Stored = Readonly<Record<string, unknown>> & { readonly type: RecordType; readonly version: number };

/** From version n to n + 1 of one type; pure and total over every sample of version n. The chain raises the number. */
export type Upcaster = (old: Stored) => Stored;

/** `UPCASTERS[type][n]` lifts version n. Every type is still at version 1, so there is none yet. */
export const UPCASTERS: Partial<Record<RecordType, Readonly<Record<number, Upcaster>>>> = {};

/** The version this release writes, per type; all 1 so far. */
export const CURRENT_VERSION = 1;

/** @throws UndecodableRecordError where the type or version is unknown. */
export function upcast(parsed: unknown, upcasters = UPCASTERS, current = CURRENT_VERSION): LogRecord {
  let record = identify(parsed);
  while (record.version < current) {
    const step = upcasters[record.type]?.[record.version];
    if (!step) throw new UndecodableRecordError(`no upcaster for ${record.type} version ${record.version}`);
    record = { ...step(record), version: record.version + 1 };
  }
  if (record.version !== current) {
    throw new UndecodableRecordError(`${record.type} version ${record.version} is newer than this release`);
  }
  // Identified by type and version above; the schemas are checked against every sample in the tests.
  return record as unknown as LogRecord;
}

function identify(parsed: unknown): Stored {
  const record = parsed as { type?: unknown; version?: unknown } | null;
  if (typeof record !== 'object' || record === null) throw new UndecodableRecordError('record is not an object');
  if (typeof record.type !== 'string' || !RECORD_TYPES.has(record.type)) {
    throw new UndecodableRecordError(`unknown record type ${JSON.stringify(record.type)}`);
  }
  if (!Number.isInteger(record.version) || (record.version as number) < 1) {
    throw new UndecodableRecordError(`${String(record.type)} has no version`);
  }
  return record as Stored;
}
