import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { TOPICS, type Topic } from '@penstock/events';
import type { EventLog } from '@penstock/ports';
import { partitionKey } from '../log/partition-key.ts';
import type { SegmentCatalogue } from '../segments/segment-catalogue.ts';
import { DurableEnd, type SegmentPlace } from './durable-end.ts';
import type { FollowerMessage, FollowerRequest, FollowerSettings } from './follower-messages.ts';

export interface LogFeedOptions {
  readonly folder: string;
  readonly salt: number;
  readonly log: EventLog;
  readonly catalogue: Pick<SegmentCatalogue, 'locate'>;
  readonly writer: { readonly durable: SegmentPlace };
}

interface Follower {
  readonly end: DurableEnd;
  readonly port: MessagePort;
}

/** Lets other threads read the log from its files: this one tells how far they are durable, and answers questions. */
export class LogFeed {
  private readonly followers = new Set<Follower>();

  constructor(private readonly options: LogFeedOptions) {}

  /** Everything before this place is durable. */
  advance(segment: number, position: number): void {
    for (const { end, port } of this.followers) {
      if (end.advance(segment, position)) port.postMessage({ kind: 'more' } satisfies FollowerMessage);
    }
  }

  /** One more follower, until its end of the port is closed. */
  async follow(): Promise<FollowerSettings> {
    const { folder, salt, writer } = this.options;
    const { port1, port2 } = new MessageChannel();
    const follower = { end: new DurableEnd(), port: port1 };
    // From one turn of the event loop: the bounds are those of the place.
    const { segment, position } = writer.durable;
    const bounds = await this.bounds();
    follower.end.advance(segment, position);
    this.followers.add(follower);
    const now = writer.durable;
    follower.end.advance(now.segment, now.position);
    port1.on('message', (request: FollowerRequest) => void this.answer(port1, request));
    port1.on('close', () => this.followers.delete(follower));
    port1.unref();
    const partitions = Object.fromEntries(
      Object.values(TOPICS).map((topic) => [topic, this.options.log.partitionCount(topic)]),
    ) as Record<Topic, number>;
    return { folder, salt, shared: follower.end.shared, port: port2, partitions, segment, position, bounds };
  }

  close(): void {
    for (const { port } of this.followers) port.close();
    this.followers.clear();
  }

  private async bounds(): Promise<FollowerSettings['bounds']> {
    const { log } = this.options;
    const asked = Object.values(TOPICS).flatMap((topic) =>
      Array.from({ length: log.partitionCount(topic) }, async (_, partition) => {
        const { begin, end } = await log.bounds(topic, partition);
        return [partitionKey(topic, partition), begin, end] as const;
      }),
    );
    return Promise.all(asked);
  }

  private async answer(port: MessagePort, request: FollowerRequest): Promise<void> {
    let message: FollowerMessage;
    try {
      message = { kind: 'answer', id: request.id, value: await this.valueOf(request) };
    } catch (error) {
      message = { kind: 'refused', id: request.id, message: String(error) };
    }
    port.postMessage(message);
  }

  private valueOf(request: FollowerRequest): Promise<unknown> {
    const { log, catalogue } = this.options;
    switch (request.kind) {
      case 'bounds':
        return log.bounds(request.topic, request.partition);
      case 'committed':
        return log.committed(request.group, request.topic, request.partition);
      case 'locate':
        return catalogue.locate(request.key, request.offset);
    }
  }
}
