/** Several files as one, the way KumoMTA composes them: a community file below, an operator's own above. */
import { parse, stringify } from 'smol-toml';
import { isTable, type Table } from './block.ts';

/** What blocks of the same name add to each other, instead of the later replacing the earlier. */
const APPENDED: ReadonlySet<string> = new Set(['automation', 'match']);

/**
 * One text that says what all of them say, a later file over an earlier one, key by key; `automation` and `match` are
 * added up. A block with `replace_base = true` forgets what earlier files said in it. Comments are lost, unless there
 * is only one file.
 *
 * @throws TomlError if one of them is no TOML.
 */
export function composePolicy(texts: readonly string[]): string {
  const [only = '', ...others] = texts;
  if (others.length === 0) return only;
  return stringify(texts.map((text) => parse(text) as Table).reduce(over));
}

function over(below: Table, above: Table): Table {
  if (above.replace_base === true) return above;
  const merged = new Map(Object.entries(below));
  for (const [key, value] of Object.entries(above)) merged.set(key, both(key, merged.get(key), value));
  // Whatever the key, `__proto__` too, it is one of the table's own.
  return Object.fromEntries(merged);
}

function both(key: string, before: unknown, value: unknown): unknown {
  if (isTable(before) && isTable(value)) return over(before, value);
  return APPENDED.has(key) && Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}
