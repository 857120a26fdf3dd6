import { StartupError } from '../startup/startup-error.ts';

/**
 * The value of a setting that has no default and is needed.
 *
 * @throws StartupError that says which, and what for
 */
export function required<T>(value: T | undefined, name: string, why: string): T {
  if (value === undefined) throw new StartupError(`${name} is not set: ${why}`);
  return value;
}
