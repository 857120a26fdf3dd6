import { type BlockReference, POLICY_REFERENCE } from '@penstock/policy';
import { UserError } from '../console.ts';
import { table } from './table.ts';

/** @throws UserError where there is no such block */
export function keysText(name: string | undefined): string {
  const blocks = POLICY_REFERENCE.filter((block) => name === undefined || nameOf(block) === name);
  if (blocks.length === 0) {
    const names = [...new Set(POLICY_REFERENCE.map(nameOf))].filter((known) => known !== '');
    throw new UserError(`there is no block "${name}"; there is ${names.join(', ')}`);
  }
  return blocks.map(blockText).join('\n\n');
}

/** `[provider."NAME"]` is `provider`. */
function nameOf({ heading }: BlockReference): string {
  return /^\["?([a-z]+)/.exec(heading)?.[1] ?? '';
}

function blockText({ heading, about, keys }: BlockReference): string {
  const rows = keys.map(({ key, form, means, shipped }) => [`  ${key}`, ...[form, means, shipped].map(plain)]);
  const titles = [{ title: '  key' }, { title: 'is' }, { title: 'means' }, { title: 'if absent' }];
  return `${heading}\n${plain(about)}\n\n${table(titles, rows)}`;
}

/** Without the marks of a page. */
function plain(text: string): string {
  return text.replaceAll('`', '');
}
