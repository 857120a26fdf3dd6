/** The world of a command: what it may read, and where it writes. */
export interface Console {
  readonly environment: Readonly<Record<string, string | undefined>>;
  print(text: string): void;
  complain(text: string): void;
  sleep(delayMs: number): Promise<void>;
}

/** Something the user can put right; shown without a stack. */
export class UserError extends Error {
  override readonly name = 'UserError';
}
