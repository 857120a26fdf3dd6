import { z } from 'zod';

/** One setting of a process: where it comes from, what it means, what holds without it. */
export interface Setting<T> {
  /** Environment variable, such as `PENSTOCK_HTTP_PORT`. */
  readonly name: string;
  /** One sentence for `--help`. */
  readonly description: string;
  /** Parses the variable's text. */
  readonly schema: z.ZodType<T, string>;
  /** Text that is parsed where the variable is unset or empty; none where the setting is optional. */
  readonly default?: string;
  /** What `--help` shows where there is no default. */
  readonly placeholder?: string;
}

export type SettingsOf<S extends Readonly<Record<string, Setting<unknown>>>> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T>
    ? S[K] extends { readonly default: string }
      ? T
      : T | undefined
    : never;
};

export interface ReadSettings<S extends Readonly<Record<string, Setting<unknown>>>> {
  readonly values: SettingsOf<S>;
  /** Variables that begin with the prefix and mean nothing, with the name that was probably meant. */
  readonly warnings: readonly string[];
}

/** A setting has a value that cannot be used. The message names the variables, never their values. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Every variable of ours begins with this. */
const PREFIX = 'PENSTOCK_';

/**
 * @param ofOthers names that other processes read, which are no slips here
 * @throws SettingsError that names every variable that is wrong and what would be right.
 */
export function readSettings<const S extends Readonly<Record<string, Setting<unknown>>>>(
  settings: S,
  environment: Environment,
  ofOthers: readonly string[] = [],
): ReadSettings<S> {
  const problems: string[] = [];
  const values = Object.fromEntries(
    Object.entries(settings).map(([key, setting]) => [key, readOne(setting, environment[setting.name], problems)]),
  );
  if (problems.length > 0) throw new SettingsError(problems.join('; '));
  return { values: values as SettingsOf<S>, warnings: unknownVariables(settings, environment, ofOthers) };
}

function readOne(setting: Setting<unknown>, given: string | undefined, problems: string[]): unknown {
  const text = given === undefined || given === '' ? setting.default : given;
  if (text === undefined) return undefined;
  const parsed = setting.schema.safeParse(text);
  if (parsed.success) return parsed.data;
  problems.push(`${setting.name} ${parsed.error.issues.map((issue) => issue.message).join(', ')}`);
  return undefined;
}

/** Read by the `penstock` command, and so set in many a shell that a platform is started from. */
const OF_THE_COMMAND = ['PENSTOCK_URL', 'PENSTOCK_QUERY_URL'];

function unknownVariables(
  settings: Readonly<Record<string, Setting<unknown>>>,
  environment: Environment,
  ofOthers: readonly string[],
): string[] {
  const known = Object.values(settings).map((setting) => setting.name);
  const meant = new Set([...known, ...ofOthers, ...OF_THE_COMMAND]);
  return Object.keys(environment)
    .filter((name) => name.startsWith(PREFIX) && !meant.has(name))
    .sort()
    .map((name) => `${name} is no setting and is ignored${suggestion(name, known)}`);
}

function suggestion(name: string, known: readonly string[]): string {
  const nearest = known
    .map((candidate) => ({ candidate, far: distance(name, candidate) }))
    .sort((a, b) => a.far - b.far)[0];
  return nearest && nearest.far <= 3 ? ` (did you mean ${nearest.candidate}?)` : '';
}

/** Levenshtein: single-letter changes from one text to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** The settings as a table for `--help`. */
export function printSettings(settings: Readonly<Record<string, Setting<unknown>>>): string {
  const rows = Object.values(settings).map((setting) => ({
    name: setting.name,
    shown: setting.default ?? setting.placeholder ?? 'unset',
    description: setting.description,
  }));
  const nameWidth = Math.max(...rows.map((row) => row.name.length));
  const shownWidth = Math.max(...rows.map((row) => row.shown.length));
  return rows
    .map((row) => `  ${row.name.padEnd(nameWidth)}  ${row.shown.padEnd(shownWidth)}  ${row.description}`)
    .join('\n');
}
