/** Small words to write JSON Schemas with (draft 2020-12). Unknown properties are allowed: readers ignore them. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export type Properties = Readonly<Record<string, JsonSchema>>;

export function object(required: Properties, optional: Properties = {}): JsonSchema {
  return { type: 'object', properties: { ...required, ...optional }, required: Object.keys(required) };
}

export function arrayOf(items: JsonSchema, minItems = 0): JsonSchema {
  return { type: 'array', items, minItems };
}

export function oneOf(values: Iterable<string>): JsonSchema {
  return { enum: [...values] };
}

/** The keys of a table that names every member of a union: the compiler sees to it that none is missing. */
export function membersOf<T extends string>(table: Readonly<Record<T, true>>): JsonSchema {
  return oneOf(Object.keys(table));
}

export const text: JsonSchema = { type: 'string', minLength: 1 };
export const count: JsonSchema = { type: 'integer', minimum: 0 };
export const ordinal: JsonSchema = { type: 'integer', minimum: 1 };
/** ms since the epoch */
export const instant: JsonSchema = { type: 'integer', minimum: 0 };
export const milliseconds: JsonSchema = { type: 'number', minimum: 0 };
export const flag: JsonSchema = { type: 'boolean' };
