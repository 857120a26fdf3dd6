import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One operation, kept by the server under the SHA-1 of its text. */
export interface LuaScript {
  readonly name: string;
  readonly text: string;
  readonly sha: string;
}

/** Reads a file of the folder `lua`, which lies beside `src` and `dist` alike. */
export function loadScript(name: string): LuaScript {
  const text = readFileSync(new URL(`../../lua/${name}.lua`, import.meta.url), 'utf8');
  return { name, text, sha: createHash('sha1').update(text).digest('hex') };
}
