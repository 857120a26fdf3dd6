/** What one policy text says that another does not, key by key: the text is what people write and compare. */
import { parse } from 'smol-toml';
import { isTable } from './block.ts';
import { joined } from './key-lines.ts';

export interface PolicyChange {
  /** Dotted, such as `provider.gmail.connection_limit`. */
  readonly key: string;
  /** As the file says it; absent where it says nothing. */
  readonly before?: string;
  readonly after?: string;
}

/** Longer values are cut: they are for people to read. */
const LONGEST_VALUE = 200;

/**
 * In the order of the new file, what is gone last.
 *
 * @throws TomlError if one of them is no TOML.
 */
export function policyDifference(before: string, after: string): readonly PolicyChange[] {
  const [old, now] = [said(before), said(after)];
  const changed = [...now].filter(([key, value]) => old.get(key) !== value);
  const gone = [...old].filter(([key]) => !now.has(key));
  return [
    ...changed.map(([key, value]) => {
      const was = old.get(key);
      return { key, ...(was === undefined ? {} : { before: cut(was) }), after: cut(value) };
    }),
    ...gone.map(([key, value]) => ({ key, before: cut(value) })),
  ];
}

function said(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  collect(parse(text), '', found);
  return found;
}

function collect(raw: unknown, path: string, found: Map<string, string>): void {
  if (!isTable(raw)) {
    found.set(path, written(raw));
    return;
  }
  const entries = Object.entries(raw);
  // An empty block says something too: a source may have no keys.
  if (entries.length === 0 && path !== '') found.set(path, '{}');
  for (const [key, value] of entries) collect(value, joined(path, key), found);
}

function written(raw: unknown): string {
  if (Array.isArray(raw)) return `[${raw.map(written).join(', ')}]`;
  if (isTable(raw))
    return `{ ${Object.entries(raw)
      .map(([key, value]) => `${key} = ${written(value)}`)
      .join(', ')} }`;
  if (typeof raw === 'string') return JSON.stringify(raw);
  return String(raw);
}

function cut(value: string): string {
  return value.length <= LONGEST_VALUE ? value : `${value.slice(0, LONGEST_VALUE - 1)}…`;
}

/** `+ key = value` for what is new, `- ` for what is gone, `~ key = before → after` for what is another. */
export function formatChange({ key, before, after }: PolicyChange): string {
  if (before === undefined) return `+ ${key} = ${after}`;
  return after === undefined ? `- ${key} = ${before}` : `~ ${key} = ${before} → ${after}`;
}
