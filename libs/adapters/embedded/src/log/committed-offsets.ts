import { TOPICS, type Topic } from '@penstock/events';
import type { FramePlace } from '../segments/group-writer.ts';

/** Commits within this time share a frame; a crash loses at most so much of the positions, and what is read again is harmless. */
const WRITE_DELAY_MS = 50;
/** The group that expands submissions. */
const EXPANDER = 'ingest-expander';

/**
 * The groups' positions: in memory, and written behind as frames among the records. They lie where the records lie, so
 * no loss of another file can make a group begin anew and do again what is long done: a submission expanded again
 * after the scheduler has forgotten it would be sent again.
 */
export class CommittedOffsets {
  private readonly offsets: Map<string, number>;
  private readonly changed = new Set<string>();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param found positions by name, as recovered
   * @param place the place of a frame of positions in the segments; undefined where nothing is written any more
   */
  constructor(
    found: ReadonlyMap<string, number>,
    private readonly place: (payloadBytes: number) => FramePlace | undefined,
    private readonly submissionPartitions: number,
  ) {
    this.offsets = new Map(found);
  }

  get(group: string, topic: Topic, partition: number): number | undefined {
    return this.offsets.get(nameOf(group, topic, partition));
  }

  set(group: string, topic: Topic, partition: number, offset: number): void {
    const name = nameOf(group, topic, partition);
    if (this.offsets.get(name) === offset) return;
    this.offsets.set(name, offset);
    this.changed.add(name);
    this.timer ??= setTimeout(() => this.write(), WRITE_DELAY_MS);
  }

  /**
   * What groups have yet to read of submissions, which nothing else tells: one that is not expanded is never deleted.
   * A partition nobody has committed is needed from its start.
   */
  needed(): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (let partition = 0; partition < this.submissionPartitions; partition++) {
      found.set(`${TOPICS.submissions}-${partition}`, this.get(EXPANDER, TOPICS.submissions, partition) ?? 0);
    }
    return found;
  }

  /** All of them, for the header of a new segment: what is committed is done, written or not. */
  all(): Record<string, number> {
    return Object.fromEntries(this.offsets);
  }

  /** Gives what is not yet written its place in the segments. */
  write(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.changed.size === 0) return;
    const text = JSON.stringify(Object.fromEntries([...this.changed].map((name) => [name, this.offsets.get(name)])));
    this.changed.clear();
    const place = this.place(Buffer.byteLength(text));
    place?.buffer.write(text, place.at);
  }
}

/** Positions by name, of a frame's payload. */
export function readPositions(payload: Buffer): readonly (readonly [string, number])[] {
  return Object.entries(JSON.parse(payload.toString()) as Record<string, number>);
}

function nameOf(group: string, topic: Topic, partition: number): string {
  return `${group} ${topic}-${partition}`;
}
