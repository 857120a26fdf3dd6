/**
 * Immutable named objects that several processes see: an S3 bucket below a prefix, or a folder on a network drive. Names
 * are paths with `/`, of letters, digits, `-` and `.`; nobody puts two different objects under one name.
 */
export interface ObjectStorage {
  /** Resolves when the object is durable and whole for every reader; till then no reader sees any of it. */
  put(name: string, bytes: Uint8Array): Promise<void>;
  /**
   * At most `length` bytes from `offset`; fewer where the object ends before, undefined where there is no such object.
   *
   * @throws StorageUnavailableError when it cannot be told, after retries within bounds.
   */
  read(name: string, offset: number, length: number): Promise<Buffer | undefined>;
  /** Names of the folders directly below a folder, ascending; empty where there is none. */
  folders(folder: string): Promise<readonly string[]>;
  /** Names of the objects directly below a folder, with the folder's, ascending. */
  objects(folder: string): Promise<readonly string[]>;
  /** Deletes objects; those that are not there are no error. */
  remove(names: readonly string[]): Promise<void>;
  /** Deletes everything below a folder, as several processes may do at once. Answers how many objects it met. */
  removeFolder(folder: string): Promise<number>;
  close(): void;
}

/** Neither there nor not there: the storage did not answer as it should. Its words hold no credential. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError';
}

/** The storage cannot be used as it is set up; the message says what is missing. */
export class StorageSetupError extends Error {
  override readonly name = 'StorageSetupError';
}
