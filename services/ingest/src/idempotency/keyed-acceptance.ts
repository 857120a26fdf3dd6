import type { Acceptance, Submission } from '../acceptance/acceptance.ts';
import type { Keyed } from '../acceptance/received.ts';
import type { FirstUse, KeyedSubmissions } from './keyed-submissions.ts';

export type KeyedAnswer =
  /** By this request, or by an earlier one with the same key and body. */
  | { readonly kind: 'accepted'; readonly messageId: string }
  /** The key stands for another body. */
  | { readonly kind: 'other_request' };

/** Accepts a submission once, however often it comes with the same key. */
export class KeyedAcceptance {
  constructor(
    private readonly acceptance: Acceptance,
    private readonly submissions: KeyedSubmissions,
  ) {}

  /** The answer where the log is already known to hold the key; at `at`, ms since the epoch. */
  async known(keyed: Keyed, at: number): Promise<KeyedAnswer | undefined> {
    const first = await this.submissions.find(keyed.key, at);
    return first && answer(first, keyed);
  }

  /**
   * Stores it and waits until it is read back: of two with one key the first in the log is the one both are answered
   * for. Rejects as `Acceptance.accept` does, and when the log cannot be read back; trying again is then safe.
   */
  async accept(submission: Submission, keyed: Keyed): Promise<KeyedAnswer> {
    const { partition, offset } = await this.acceptance.acceptKeyed(submission, keyed);
    const { messageId, acceptedAt: at } = submission;
    const own = { messageId, digest: keyed.digest, offset, at };
    return answer(await this.submissions.firstOf(partition, keyed.key, own), keyed);
  }
}

function answer({ messageId, digest }: FirstUse, keyed: Keyed): KeyedAnswer {
  return digest === keyed.digest ? { kind: 'accepted', messageId } : { kind: 'other_request' };
}
