import { availableParallelism } from 'node:os';
import type { MessageSigner, SignRequest } from '@penstock/ports';
import { RecentHashes } from './recent-hashes.ts';
import { type Job, SigningWorker } from './signing-worker.ts';

/** More threads than this do not help: the thread that sends is the narrower place then. */
const MAX_THREADS = 8;
/** Requests of one postMessage: beyond, the first would wait for the last. */
const BATCH = 16;
const REMEMBERED_BODIES = 20_000;
/** A thread that fails is replaced, so many times a minute. */
const REPLACEMENTS = 5;
const MINUTE_MS = 60_000;

export interface SigningPoolOptions {
  /** PENSTOCK_SECRET_KEY, under which the private keys are sealed. */
  readonly secretKey: Uint8Array;
  /** At most; as many as can run at once if absent. A thread starts when there is work for it. */
  readonly threads?: number;
  /** What a thread runs, where a test wants it to fail. */
  readonly threadModule?: URL;
}

/** MessageSigner on worker threads: requests of one turn of the event loop travel together. */
export class SigningPool implements MessageSigner {
  private readonly most: number;
  private workers: SigningWorker[] = [];
  private queue: Job[] = [];
  private scheduled = false;
  private closing = false;
  private readonly hashes = new RecentHashes(REMEMBERED_BODIES);
  /** Requests that wait for the hash of a body another one has taken along. */
  private readonly hashing = new Map<string, Job[]>();
  /** When threads failed, monotonic ms. */
  private failures: number[] = [];

  constructor(private readonly options: SigningPoolOptions) {
    this.most = Math.max(1, Math.min(options.threads ?? availableParallelism(), MAX_THREADS));
  }

  /** How many threads run. */
  get threads(): number {
    return this.workers.length;
  }

  sign(request: SignRequest): Promise<string> {
    if (this.closing) return Promise.reject(new Error('the signer is closed'));
    if (request.keys.length === 0) return Promise.resolve('');
    return new Promise((resolve, reject) => this.accept({ request, bodyHash: undefined, resolve, reject }));
  }

  /** Finishes what was asked for, then ends the threads. */
  async close(): Promise<void> {
    this.closing = true;
    while (this.queue.length > 0 || this.workers.some(({ load }) => load > 0)) {
      this.flush();
      await Promise.all(this.workers.map((worker) => worker.idle()));
    }
    await Promise.all(this.workers.map((worker) => worker.close()));
  }

  private accept(job: Job): void {
    const { bodyReference } = job.request;
    if (bodyReference !== undefined) {
      job.bodyHash = this.hashes.get(bodyReference);
      const waiting = job.bodyHash === undefined ? this.hashing.get(bodyReference) : undefined;
      if (waiting) {
        waiting.push(job);
        return;
      }
      if (job.bodyHash === undefined) this.hashing.set(bodyReference, []);
    }
    this.enqueue(job);
  }

  private enqueue(job: Job): void {
    this.queue.push(job);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => this.flush());
  }

  private flush(): void {
    this.scheduled = false;
    const { queue } = this;
    this.queue = [];
    for (let at = 0; at < queue.length; at += BATCH) {
      const batch = queue.slice(at, at + BATCH);
      const worker = this.leastLoaded();
      if (worker) worker.send(batch);
      else for (const job of batch) this.settle(job, new Error('the signing threads keep failing'));
    }
  }

  private leastLoaded(): SigningWorker | undefined {
    let best: SigningWorker | undefined;
    for (const worker of this.workers) if (!best || worker.load < best.load) best = worker;
    if ((best && best.load === 0) || this.workers.length >= this.most) return best;
    return this.started() ?? best;
  }

  private started(): SigningWorker | undefined {
    const now = performance.now();
    this.failures = this.failures.filter((at) => now - at < MINUTE_MS);
    if (this.failures.length > REPLACEMENTS) return undefined;
    const worker: SigningWorker = new SigningWorker(this.options, {
      done: (job, result) => this.settle(job, result),
      failed: () => {
        this.failures.push(performance.now());
        this.workers = this.workers.filter((other) => other !== worker);
      },
    });
    this.workers.push(worker);
    return worker;
  }

  private settle(job: Job, result: { readonly fields: string; readonly bodyHash: string } | Error): void {
    const { bodyReference } = job.request;
    const waiting = bodyReference === undefined || job.bodyHash !== undefined ? [] : this.hashed(bodyReference, result);
    if (result instanceof Error) job.reject(result);
    else job.resolve(result.fields);
    // After a failure, which may be one of the key, the next of them takes the body along.
    for (const other of waiting) this.accept(other);
  }

  private hashed(reference: string, result: { readonly bodyHash: string } | Error): readonly Job[] {
    const waiting = this.hashing.get(reference) ?? [];
    this.hashing.delete(reference);
    if (!(result instanceof Error)) this.hashes.set(reference, result.bodyHash);
    return waiting;
  }
}
