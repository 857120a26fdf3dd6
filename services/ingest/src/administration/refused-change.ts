import type { Problem } from '../mail-send/problems.ts';

/** Why the directory is not changed or shown, for whoever asked: each problem names its field and what would be right. */
export class RefusedChange extends Error {
  override readonly name = 'RefusedChange';
  readonly status: 400 | 403 | 404 | 409 | 503;
  readonly problems: readonly Problem[];

  constructor(status: RefusedChange['status'], problems: readonly Problem[]) {
    super(problems.map(({ message }) => message).join(' '));
    this.status = status;
    this.problems = problems;
  }
}

export function refusedChange(
  status: RefusedChange['status'],
  field: string | null,
  message: string,
  help: string | null = null,
): RefusedChange {
  return new RefusedChange(status, [{ message, field, help }]);
}
