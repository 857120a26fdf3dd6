import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Told {
  readonly event: string;
  readonly email: string;
  readonly sg_event_id: string;
  readonly sg_message_id: string;
}

export interface Post {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly events: readonly Told[];
  readonly taken: boolean;
}

/** An address on loopback, up or down. */
export class WebhookEndpoint {
  readonly posts: Post[] = [];
  up = true;
  private waiting: (() => void)[] = [];
  private readonly server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const taken = this.up;
      this.posts.push({ headers: request.headers, body, events: JSON.parse(body) as Told[], taken });
      response.writeHead(taken ? 204 : 503).end();
      for (const wake of this.waiting.splice(0)) wake();
    });
  });

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hook`;
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Events of the message that were taken, or that were only tried. */
  eventsOf(messageId: string, taken: boolean): readonly Told[] {
    const posts = this.posts.filter((post) => post.taken === taken);
    return posts.flatMap(({ events }) => events).filter(({ sg_message_id: id }) => id.startsWith(`${messageId}.`));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
