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

/** @throws StartupError where the key is not set: none is made for a service apart, since each process would make another. */
export function requiredSecretKey(settings: { readonly secretKey: Uint8Array | undefined }, why: string): Uint8Array {
  return required(settings.secretKey, 'PENSTOCK_SECRET_KEY', why);
}
