/** Event ids remembered in each of two generations; the earlier one is forgotten whole. */
const IDS_REMEMBERED = 100_000;

/** What the server is known to hold of a stream. */
export class KnownStream {
  /** UUIDs, by revision where the whole stream is known. */
  readonly ids = new Set<string>();
  /** Revision the next event gets. */
  next = 0;
}

/**
 * The streams met lately: most facts of a delivery follow each other within seconds. A stream that is not known is
 * taken for a new one; whether it is, the server says.
 */
export class KnownStreams {
  private lately = new Map<string, KnownStream>();
  private earlier = new Map<string, KnownStream>();
  private idsRemembered = 0;

  of(name: string): KnownStream {
    const known = this.lately.get(name);
    if (known) return known;
    const stream = this.earlier.get(name) ?? new KnownStream();
    this.lately.set(name, stream);
    this.count(stream.ids.size + 1);
    return stream;
  }

  /** The server holds these, and `next` is the revision after them. */
  learn(name: string, ids: readonly string[], next: number): void {
    const stream = this.of(name);
    for (const id of ids) stream.ids.add(id);
    stream.next = next;
    this.count(ids.length);
  }

  forget(name: string): void {
    this.lately.set(name, new KnownStream());
  }

  private count(added: number): void {
    this.idsRemembered += added;
    if (this.idsRemembered < IDS_REMEMBERED) return;
    this.earlier = this.lately;
    this.lately = new Map();
    this.idsRemembered = 0;
  }
}
