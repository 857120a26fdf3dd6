import type { Topic } from '@penstock/events';
import type { EventStreams, ExportOrder, OpenedStream } from '@penstock/projector';

/** What the projector's thread reads of the log. */
export const FOLLOWED_TOPICS: readonly Topic[] = ['mail.events', 'mail.control'];

const HERE = 'here-';

/** Streams of what the projector's thread reads are made there, where nobody waits for them; the others here. */
export class RoutedStreams implements EventStreams {
  constructor(
    private readonly thread: EventStreams,
    private readonly here: EventStreams,
  ) {}

  async open(order: ExportOrder): Promise<OpenedStream> {
    if (FOLLOWED_TOPICS.includes(order.topic)) return this.thread.open(order);
    const opened = await this.here.open(order);
    return opened.kind === 'opened' ? { kind: 'opened', id: HERE + opened.id } : opened;
  }

  next(id: string): Promise<string | undefined> {
    return id.startsWith(HERE) ? this.here.next(id.slice(HERE.length)) : this.thread.next(id);
  }

  close(id: string): Promise<void> {
    return id.startsWith(HERE) ? this.here.close(id.slice(HERE.length)) : this.thread.close(id);
  }

  async end(): Promise<void> {
    // A thread that has ended has ended its streams as well.
    await Promise.allSettled([this.here.end(), this.thread.end()]);
  }
}
