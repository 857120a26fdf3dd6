import type { Policy } from './policy.ts';
/** placeholder signature, being written */
export function parsePolicy(text: string): Policy {
  throw new Error(text);
}
