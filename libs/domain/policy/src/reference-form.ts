/** How a key of the policy file is described. */
export interface KeyReference {
  readonly key: string;
  /** What is written, such as `"5m"` or `20`. */
  readonly form: string;
  readonly means: string;
  /** What holds where nobody says it. */
  readonly shipped: string;
}

export interface BlockReference {
  /** As it is written, with NAME for a name. */
  readonly heading: string;
  readonly about: string;
  readonly keys: readonly KeyReference[];
}
