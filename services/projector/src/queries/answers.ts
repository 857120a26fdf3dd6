/** What a query answers; the controllers give it its status code. */
export type Answer<T> =
  | { readonly kind: 'found'; readonly value: T }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface Refusal {
  readonly cause: 'bad_request' | 'unknown' | 'not_yet_known';
  readonly message: string;
  /** The parameter that is wrong. */
  readonly field?: string;
  readonly help?: string;
}

export function found<T>(value: T): Answer<T> {
  return { kind: 'found', value };
}

export function badId(field: string, help: string): Answer<never> {
  return refused({ cause: 'bad_request', message: `${field} is not well formed`, field, help });
}

/** Also said of what belongs to another tenant: an id tells nobody whether it exists. */
export function unknown(what: string): Answer<never> {
  return refused({ cause: 'unknown', message: `no such ${what}` });
}

export function notYetKnown(what: string): Answer<never> {
  return refused({
    cause: 'not_yet_known',
    message: `the archive has not caught up, so whether there is such a ${what} is not known yet`,
    help: 'ask again in a second',
  });
}

function refused(refusal: Refusal): Answer<never> {
  return { kind: 'refused', refusal };
}
