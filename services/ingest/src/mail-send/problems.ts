/** One entry of an error answer, in SendGrid's shape. */
export interface Problem {
  readonly message: string;
  /** Dotted path with indexes, such as `personalizations.0.to.1.email`; null where no field is meant. */
  readonly field: string | null;
  readonly help: string | null;
}

/** Nobody reads more, and a hostile body of 30 MB must not be answered with one as large. */
const MAX_PROBLEMS = 100;

/** What is wrong with a request; checks go on, so that one answer names it all. */
export class Problems {
  readonly list: Problem[] = [];

  add(field: string | null, message: string): void {
    if (this.list.length < MAX_PROBLEMS) this.list.push({ message, field: field && shortened(field), help: null });
  }

  get none(): boolean {
    return this.list.length === 0;
  }
}

const MAX_SHOWN = 200;

/** What came with the request, short enough to be told back. */
export function shortened(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
