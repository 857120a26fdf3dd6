/** Where keys stand in the text: the parser's result no longer knows, and a person fixing a file wants the line. */
export type KeyLines = ReadonlyMap<string, number>;

const HEADER = /^\s*\[\[?\s*([^\]]*?)\s*\]\]?\s*(?:#.*)?$/;
const ASSIGNMENT = /^\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=/;
const SEGMENT = /"([^"]*)"|'([^']*)'|([^."'\s]+)/g;

/** Dotted key → line, from 1. Text inside multi-line strings is read as lines too: a hint, never a decision. */
export function keyLines(text: string): KeyLines {
  const lines = new Map<string, number>();
  let table = '';
  for (const [index, line] of text.split('\n').entries()) {
    const header = HEADER.exec(line)?.[1];
    const key = ASSIGNMENT.exec(line)?.[1];
    if (header !== undefined) table = dotted(header);
    const found = header === undefined ? key && joined(table, dotted(key)) : table;
    if (found && !lines.has(found)) lines.set(found, index + 1);
  }
  return lines;
}

/** `provider."x".limit` with its quotes taken off. */
function dotted(key: string): string {
  return Array.from(key.matchAll(SEGMENT), (part) => part[1] ?? part[2] ?? part[3] ?? '').join('.');
}

export function joined(table: string, key: string): string {
  return table === '' ? key : `${table}.${key}`;
}
