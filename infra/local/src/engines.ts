/** Which engines there are and which of them a command means. Pure. */

export const ENGINES = ['kafka', 'redis', 'jaeger', 's3'] as const;
export type EngineName = (typeof ENGINES)[number];

const DEFAULT_ENGINES: readonly EngineName[] = ['kafka', 'redis', 'jaeger'];

export function parseEngines(list: string): readonly EngineName[] {
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = names.filter((name) => !ENGINES.some((engine) => engine === name));
  if (unknown.length > 0) throw new Error(`There is no engine ${unknown.join(', ')}; there are ${ENGINES.join(', ')}.`);
  return ENGINES.filter((engine) => names.includes(engine));
}

/** `only` says which; without it the usual ones, and `also` besides. */
export function chooseEngines(
  only: readonly EngineName[] | undefined,
  also: readonly EngineName[] = [],
): readonly EngineName[] {
  const chosen = new Set([...(only ?? DEFAULT_ENGINES), ...also]);
  return ENGINES.filter((engine) => chosen.has(engine));
}
