/** One line of an export: a record with its place in the log, or a sign of how far it is. */
export type EventLine =
  | { readonly kind: 'record'; readonly text: string }
  | { readonly kind: 'sign'; readonly cursor: string; readonly scanned: number; readonly end: boolean };

/** Only a sign begins so: records begin with their topic. */
const SIGN = '{"cursor":';

/** Takes a stream of bytes apart. Records are passed on as they came. */
export async function* eventLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly EventLine[]> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    const found = lines.filter((line) => line !== '').map(eventLine);
    if (found.length > 0) yield found;
  }
}

function eventLine(text: string): EventLine {
  if (!text.startsWith(SIGN)) return { kind: 'record', text };
  const { cursor, scanned, end } = JSON.parse(text) as { cursor: string; scanned: number; end?: boolean };
  return { kind: 'sign', cursor, scanned, end: end === true };
}
