import { writeFileSync } from 'node:fs';
import { busiestWindow } from '@penstock/testing';
import { PROVIDERS } from './cast.ts';
import { connectionLimits, domainOf, hostOf } from './limits.ts';
import { Receiver } from './receiver.ts';
import type { RunBook } from './run-book.ts';

interface Connection {
  readonly at: number;
  readonly provider: string;
  readonly from: string;
}

/** The world's mail servers, on loopback. */
export class Receivers {
  /** Copies of messages, answered for or not. */
  taken = 0;
  private readonly byProvider = new Map<string, Receiver>();
  private readonly connections: Connection[] = [];

  private constructor() {}

  /** Starts them, and writes to `hostsFile` where they are. */
  static async start(book: RunBook, hostsFile: string): Promise<Receivers> {
    const receivers = new Receivers();
    const hosts = await Promise.all(
      PROVIDERS.map(async (provider) => ({
        name: provider,
        host: hostOf(provider),
        domains: [domainOf(provider)],
        ...(await receivers.open(provider, book)),
      })),
    );
    writeFileSync(hostsFile, JSON.stringify({ hosts }));
    return receivers;
  }

  /** @throws Error for a provider there is not */
  receiver(provider: string): Receiver {
    const receiver = this.byProvider.get(provider);
    if (!receiver) throw new Error(`no provider ${provider}`);
    return receiver;
  }

  /** Pairs of provider and source that opened more connections in a period than they may, in words. */
  connectionsOverLimit(): readonly string[] {
    return connectionLimits().flatMap(({ provider, from, limit, periodMs }) => {
      const times = this.connections.filter((one) => one.provider === provider && one.from === from);
      const most = busiestWindow(
        times.map(({ at }) => at),
        periodMs,
      );
      return most > limit ? [`${from} opened ${most} connections to ${provider} in ${periodMs} ms, not ${limit}`] : [];
    });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.byProvider.values()].map((receiver) => receiver.stop()));
  }

  private open(provider: string, book: RunBook) {
    const receiver = new Receiver({
      took: (taken) => {
        this.taken++;
        book.note({ kind: 'reception', at: book.now(), provider, ...taken });
      },
      connected: (from) => this.connections.push({ at: book.now(), provider, from }),
    });
    this.byProvider.set(provider, receiver);
    return receiver.start();
  }
}
