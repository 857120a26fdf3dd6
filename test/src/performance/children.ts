/** Load generator and sink as processes of their own, asked over IPC. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LoadOrder, LoadReport } from './load.ts';
import type { SinkQuestion, SinkReport } from './sink.ts';

function start(file: string, args: readonly (string | number)[] = []): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return fork(path, args.map(String), { serialization: 'advanced', execArgv: [] });
}

async function answer<T>(child: ChildProcess, signal?: AbortSignal): Promise<T> {
  const ended = new AbortController();
  const exited = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`${child.spawnfile} ended with ${code}`);
  });
  try {
    const message = once(child, 'message', signal ? { signal } : {});
    const [first] = (await Promise.race([message, exited])) as [T];
    return first;
  } finally {
    exited.catch(() => undefined);
    ended.abort();
  }
}

/** Carries out one order. @throws Error with what the server said if it refused anything. */
export async function submit(order: LoadOrder): Promise<LoadReport> {
  const load = start('./load.js');
  try {
    load.send(order);
    const report = await answer<LoadReport | { readonly error: string }>(load);
    if ('error' in report) throw new Error(report.error);
    return report;
  } finally {
    if (load.connected) load.disconnect();
  }
}

/** A port for each domain. */
export interface SinkOrder {
  readonly domains: number;
  readonly messages: number;
  readonly slowMs: number;
  readonly chunking: boolean;
}

export class Sink {
  private constructor(
    private readonly child: ChildProcess,
    readonly ports: readonly number[],
  ) {}

  static async start({ domains, messages, slowMs, chunking }: SinkOrder): Promise<Sink> {
    const child = start('./sink.js', [domains, messages, slowMs, chunking ? 1 : 0]);
    const said = await answer<{ readonly ports: readonly number[] }>(child);
    return new Sink(child, said.ports);
  }

  /** Resolves when the sink holds that many different messages; rejects when the time is over. */
  async holds(messages: number, limitMs: number): Promise<void> {
    this.child.send({ kind: 'holds', messages } satisfies SinkQuestion);
    await answer(this.child, AbortSignal.timeout(limitMs));
  }

  /** Resolves when what came so far counts no more. */
  async forget(): Promise<void> {
    this.child.send({ kind: 'forget' } satisfies SinkQuestion);
    await answer(this.child);
  }

  async report(): Promise<SinkReport> {
    this.child.send({ kind: 'report' } satisfies SinkQuestion);
    return answer<SinkReport>(this.child);
  }

  stop(): void {
    if (this.child.connected) this.child.disconnect();
  }
}
