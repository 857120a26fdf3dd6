/** Whether there is room for what is still to be stored. */
export interface StorageRoom {
  /** Undefined while new mail may be taken, else why not. What was taken before still finds its room. */
  full(): string | undefined;
  /** Undefined while there is any room but the reserve, else why not: only what is in flight may still be recorded. */
  exhausted(): string | undefined;
  /** Called when either answer has changed. */
  onChange(listener: () => void): void;
}
