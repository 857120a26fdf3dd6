import { Worker } from 'node:worker_threads';
import type { FollowerSettings } from '@penstock/adapter-embedded';
import type { AnyConsumer, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import type { AskedProjector, EventStreams } from '@penstock/projector';
import type { ProjectionReply, ProjectionRequest, ProjectionSettings } from './projection-messages.ts';
import { RoutedStreams } from './routed-streams.ts';

/** A thread that ended is started again after this, doubled each time. */
const RESTART_MS = 1_000;
/** Starts without a ready one between them; then somebody has to look. */
const RESTARTS = 5;
/** Most of the thread's objects live as long as a transaction is put off: they should die young. */
const YOUNG_GENERATION_MB = 32;

export interface ThreadedProjectorOptions {
  readonly dataDir: string;
  readonly telemetry: Telemetry;
  readonly timers: Timers;
  readonly follow: () => Promise<FollowerSettings>;
  readonly tracing?: ProjectionSettings['tracing'];
  /** Of topics the thread does not read. */
  readonly otherEvents?: EventStreams;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The projector as the rest of the process sees it: a thread that folds and answers. If it ends it is started again,
 * and what was asked of it meanwhile fails; mail goes on without it.
 */
export class ThreadedProjector implements AskedProjector {
  /** The thread reads the log by itself. */
  readonly consumers: readonly AnyConsumer[] = [];
  readonly queries: AskedProjector['queries'];
  readonly rebuilds: AskedProjector['rebuilds'];
  readonly events: EventStreams;
  private worker: Worker | undefined;
  private reason: string | undefined = 'the projector has not started';
  private readonly pending = new Map<number, Pending>();
  private nextId = 0;
  private restarts = 0;
  private restarting: TimerHandle | undefined;
  private stopping = false;

  constructor(private readonly options: ThreadedProjectorOptions) {
    this.queries = {
      timelines: this.remote('queries.timelines', ['timeline']),
      messages: this.remote('queries.messages', ['message']),
      whys: this.remote('queries.whys', ['why']),
      lanes: this.remote('queries.lanes', ['lanes']),
      rates: this.remote('queries.rates', ['providers', 'sources']),
      figures: this.remote('queries.figures', ['figures']),
      deferrals: this.remote('queries.deferrals', ['deferrals']),
      reputations: this.remote('queries.reputations', ['reputations']),
      dueReputations: this.remote('queries.dueReputations', ['due']),
    };
    this.rebuilds = this.remote('rebuilds', ['begin', 'view', 'list', 'cancel']);
    const streams: EventStreams = this.remote('events', ['open', 'next', 'close', 'end']);
    this.events = options.otherEvents ? new RoutedStreams(streams, options.otherEvents) : streams;
  }

  /** Resolves when the thread reads the log. Rejects if it cannot begin. */
  async start(): Promise<void> {
    const { dataDir, tracing = { instance: 'standalone' }, follow } = this.options;
    const settings: ProjectionSettings = { dataDir, tracing, follower: await follow() };
    if (this.stopping) {
      // Nobody would end a thread that begins now.
      settings.follower.port.close();
      throw new Error('the projector is stopping');
    }
    const worker = new Worker(new URL('./projection-thread.js', import.meta.url), {
      workerData: settings,
      transferList: [settings.follower.port],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    });
    this.worker = worker;
    await new Promise<void>((resolve, reject) => {
      let failure = new Error("the projector's thread ended");
      worker.on('message', (reply: ProjectionReply) => {
        if (reply.kind === 'started') resolve();
        else this.heard(reply);
      });
      worker.on('error', (error) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
      worker.on('exit', () => {
        reject(failure);
        this.ended(worker, failure);
      });
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.restarting?.cancel();
    const { worker } = this;
    if (!worker) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage({ kind: 'stop' } satisfies ProjectionRequest);
    await ended;
  }

  notReady(): string | undefined {
    return this.reason;
  }

  /** What stands at the path of the projector: every method of it asks the thread. */
  private remote<T>(path: string, methods: readonly (keyof T & string)[]): T {
    const ask = (method: string) => [method, (...args: readonly unknown[]) => this.ask(`${path}.${method}`, args)];
    // The thread calls the same method of the same object, and what it answers is plain data.
    return Object.fromEntries(methods.map(ask)) as T;
  }

  private ask(path: string, args: readonly unknown[]): Promise<unknown> {
    const { worker } = this;
    if (!worker || this.stopping) return Promise.reject(new Error("the projector's thread does not run"));
    return new Promise((resolve, reject) => {
      const id = this.nextId++;
      this.pending.set(id, { resolve, reject });
      worker.postMessage({ kind: 'ask', id, path, args } satisfies ProjectionRequest);
    });
  }

  private heard(reply: Exclude<ProjectionReply, { kind: 'started' }>): void {
    switch (reply.kind) {
      case 'readiness':
        this.reason = reply.reason;
        if (reply.reason === undefined) this.restarts = 0;
        return;
      case 'log':
        this.options.telemetry.log(reply.level, reply.event, reply.fields);
        return;
      case 'answer':
        this.taken(reply.id)?.resolve(reply.value);
        return;
      case 'refused':
        this.taken(reply.id)?.reject(new Error(reply.message));
        return;
      case 'stopped':
        return;
    }
  }

  private taken(id: number): Pending | undefined {
    const pending = this.pending.get(id);
    this.pending.delete(id);
    return pending;
  }

  private ended(worker: Worker, failure: Error): void {
    if (this.worker !== worker) return;
    this.worker = undefined;
    for (const { reject } of this.pending.values()) reject(failure);
    this.pending.clear();
    if (this.stopping) return;
    const again = this.restarts < RESTARTS;
    this.reason = `the projector's thread ended${again ? ' and is started again' : ' too often'}: ${failure.message}`;
    this.options.telemetry.log('error', 'projector_thread_ended', { error: failure, again });
    if (!again) return;
    const delayMs = RESTART_MS * 2 ** this.restarts++;
    // One that cannot begin has ended as well, and is heard of above.
    this.restarting = this.options.timers.after(delayMs, () => void this.start().catch(() => undefined));
  }
}
