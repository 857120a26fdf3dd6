/** What a mail bears of the id that its client chose: what is swapped bears another's, what is empty none. */

export const ID_HEADER = 'X-Fault-Run-Id';

const IN_HEADERS = new RegExp(`^${ID_HEADER}: *(\\S+)$`, 'im');
const IN_TEXT = /^For (\S+)\.$/m;

export function textFor(id: string): string {
  return `For ${id}.`;
}

/** Whose mail it is by header and text; where one of the two does not say `id`, what that one says, empty for nothing. */
export function namesIn(content: string, id: string): string {
  const [headers = '', ...texts] = content.replaceAll('\r\n', '\n').split('\n\n');
  const [, inHeaders = ''] = IN_HEADERS.exec(headers) ?? [];
  const [, inText = ''] = IN_TEXT.exec(texts.join('\n\n')) ?? [];
  return inHeaders === id ? inText : inHeaders;
}
