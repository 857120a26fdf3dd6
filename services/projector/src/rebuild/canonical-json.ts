import type { JsonValue } from '@penstock/ports';

/**
 * One text for equal values: fields in the order of their names. Rows that several writes added to have theirs in the
 * order in which the fields were first met.
 */
export function canonicalJson(value: JsonValue | undefined): string {
  if (value === undefined) return 'null';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (isList(value)) return `[${value.map(canonicalJson).join()}]`;
  const fields = Object.keys(value)
    .filter((name) => value[name] !== undefined)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`);
  return `{${fields.join()}}`;
}

function isList(value: object): value is readonly JsonValue[] {
  return Array.isArray(value);
}
