/** What is wrong with a policy text, where, and what would be right. */
export interface PolicyProblem {
  readonly severity: 'error' | 'warning';
  /** Dotted key, such as `provider.gmail.connection_limit`. */
  readonly key: string;
  readonly line?: number;
  readonly message: string;
}
