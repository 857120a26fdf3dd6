import { parse, stringify } from 'smol-toml';
import { isTable } from './block.ts';

/**
 * The policy text with everything sent through one host: what a `host:port` setting makes of the file. Comments
 * are lost.
 *
 * @throws TomlError if the text is not TOML.
 */
export function throughSmarthost(text: string, host: string, port: number): string {
  const table = parse(text);
  const smarthost = isTable(table.smarthost) ? table.smarthost : {};
  return stringify({ ...table, egress: 'smarthost', smarthost: { ...smarthost, host, port } });
}
