/** Why the platform cannot start, in one line that says what to do. Shown without a stack; exit code 1. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}

/** The errno of a system error, such as ENOENT. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
