/** The streams of a server in memory, and what it says to an append: pure, apart from any wire. */

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
}

export type Expected = 'any' | 'no_stream' | 'stream_exists' | bigint;

export type AppendAnswer =
  | { readonly kind: 'appended'; readonly current: number }
  | { readonly kind: 'repeat'; readonly current: number }
  /** `current` is -1 for a stream that is not there. */
  | { readonly kind: 'wrong_expected_version'; readonly current: number };

/**
 * What EventStoreDB documents and does: an append that expects a revision the stream has passed is a repeat if the
 * events after that revision are those of the append, one by one; where only some are, or the first is another, the
 * expectation was wrong. With `any` it is a repeat if all of its ids are in the stream, as far as the server remembers.
 */
export class StoredStreams {
  private readonly streams = new Map<string, StoredEvent[]>();

  events(name: string): readonly StoredEvent[] | undefined {
    return this.streams.get(name);
  }

  append(name: string, expected: Expected, proposed: readonly StoredEvent[]): AppendAnswer {
    const stored = this.streams.get(name) ?? [];
    const current = stored.length - 1;
    const wrong = { kind: 'wrong_expected_version', current } as const;
    if (expected === 'any' || expected === 'stream_exists') {
      if (expected === 'stream_exists' && current < 0) return wrong;
      const ids = new Set(stored.map(({ id }) => id));
      if (proposed.every(({ id }) => ids.has(id))) return { kind: 'repeat', current };
    } else {
      const after = expected === 'no_stream' ? -1 : Number(expected);
      if (after > current) return wrong;
      if (after < current) {
        const same = proposed.every(({ id }, i) => stored[after + 1 + i]?.id === id);
        return same ? { kind: 'repeat', current: after + proposed.length } : wrong;
      }
    }
    this.streams.set(name, [...stored, ...proposed]);
    return { kind: 'appended', current: current + proposed.length };
  }
}
