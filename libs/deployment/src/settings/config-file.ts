/** Settings in a file: TOML, the names in lower case without PENSTOCK_, `[ingest]` and the like for one service alone. */
import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { errnoOf, StartupError } from '../startup/startup-error.ts';

export const SERVICES = ['ingest', 'scheduler', 'dispatcher', 'projector'] as const;
export type ServiceName = (typeof SERVICES)[number];

type Variables = Readonly<Record<string, string>>;

/**
 * What the file says to this service, by the names of the environment.
 *
 * @throws StartupError that names file and key
 */
export function readConfigFile(path: string, service: ServiceName): Variables {
  const table = parsed(path);
  const variables: Record<string, string> = {};
  for (const [key, value] of Object.entries(table)) {
    if (!isTable(value)) variables[variable(key)] = textOf(value, path, key);
    else if (!SERVICES.some((name) => name === key)) {
      throw new StartupError(`${path}: [${key}] is no service; there are ${SERVICES.join(', ')}`);
    }
  }
  const own = table[service];
  if (!isTable(own)) return variables;
  for (const [key, value] of Object.entries(own)) variables[variable(key)] = textOf(value, path, `${service}.${key}`);
  return variables;
}

function parsed(path: string): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new StartupError(`--config: ${path} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
  try {
    return parse(text);
  } catch (error) {
    // The first line says what and where; what follows would show the line, and with it perhaps a key.
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new StartupError(`--config: ${path} is no TOML: ${reason}`);
  }
}

function variable(key: string): string {
  return `PENSTOCK_${key.toUpperCase()}`;
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function textOf(value: unknown, path: string, key: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.map((item) => textOf(item, path, key)).join(',');
  throw new StartupError(`${path}: ${key} must be a text, a number, true or false, or a list of them`);
}
