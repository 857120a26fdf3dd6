import type { JsonValue } from '@penstock/ports';

/** A row as the store takes it. Rows are plain data by their types, which an index signature cannot express. */
export function toJson(row: object): JsonValue {
  return Object(row) as JsonValue;
}

/** A row as it was written: nobody else writes under its key. */
export function fromJson<Row extends object>(value: JsonValue): Row {
  return Object(value) as Row;
}
