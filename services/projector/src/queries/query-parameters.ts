import { TRAFFIC_CLASSES, type TrafficClass } from '@penstock/events';

/** A query parameter that cannot be what was given. */
export class BadParameterError extends Error {
  override readonly name = 'BadParameterError';

  constructor(
    readonly field: string,
    readonly help: string,
  ) {
    super(`${field} is not well formed`);
  }
}

export interface Bounds {
  readonly least: number;
  readonly most: number;
}

const DECIMAL = /^[0-9]{1,10}$/;

/** @throws BadParameterError unless it is absent or a whole number within the bounds. */
export function wholeNumber(field: string, given: unknown, { least, most }: Bounds): number | undefined {
  if (given === undefined) return undefined;
  const value = typeof given === 'string' && DECIMAL.test(given) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new BadParameterError(field, `a whole number from ${least} to ${most}`);
}

/** @throws BadParameterError unless it is absent or one text of 1 to 255 characters. */
export function text(field: string, given: unknown): string | undefined {
  if (given === undefined) return undefined;
  if (typeof given === 'string' && given.length > 0 && given.length <= 255) return given;
  throw new BadParameterError(field, 'give it once, with 1 to 255 characters');
}

/** @throws BadParameterError unless it is absent or a traffic class. */
export function trafficClass(field: string, given: unknown): TrafficClass | undefined {
  if (given === undefined) return undefined;
  const known = TRAFFIC_CLASSES.find((name) => name === given);
  if (known) return known;
  throw new BadParameterError(field, `one of ${TRAFFIC_CLASSES.join(', ')}`);
}
