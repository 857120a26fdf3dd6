import { Worker } from 'node:worker_threads';
import type { DkimKey } from '@penstock/events';
import type { SignRequest } from '@penstock/ports';
import type { NamedKey, SigningReply, SigningRequest, SigningSettings, SignTask } from './signing-messages.ts';

/** A request on its way. */
export interface Job {
  readonly request: SignRequest;
  /** Known already: the body need not be sent. */
  bodyHash: string | undefined;
  resolve(fields: string): void;
  reject(error: Error): void;
}

export interface WorkerEvents {
  done(job: Job, result: { readonly fields: string; readonly bodyHash: string } | Error): void;
  /** The thread is gone; its jobs have been told. */
  failed(): void;
}

export interface WorkerOptions {
  readonly secretKey: Uint8Array;
  readonly threadModule?: URL;
}

const THREAD_MODULE = new URL('./signing-thread.js', import.meta.url);

/** Keys a thread holds at most; then it begins anew. */
const MAX_KEYS = 4096;

/** One signing thread as the main thread sees it. */
export class SigningWorker {
  private readonly worker: Worker;
  private readonly batches: (readonly Job[])[] = [];
  private numbers = new WeakMap<DkimKey, { readonly domain: string; readonly number: number }>();
  private nextNumber = 0;
  private forgetKeys = false;
  private over = false;
  private outstanding = 0;
  private idleWaiters: (() => void)[] = [];

  constructor(
    { secretKey, threadModule = THREAD_MODULE }: WorkerOptions,
    private readonly events: WorkerEvents,
  ) {
    const workerData: SigningSettings = { secretKey };
    this.worker = new Worker(threadModule, { workerData });
    this.worker.on('message', (reply: SigningReply) => this.replied(reply));
    this.worker.on('error', (error) => this.fail(error));
    this.worker.on('exit', () => this.fail(new Error('the signing thread ended')));
    this.worker.unref();
  }

  /** Signatures that were asked for and not answered. */
  get load(): number {
    return this.outstanding;
  }

  send(jobs: readonly Job[]): void {
    if (this.nextNumber >= MAX_KEYS) this.forget();
    const keys: NamedKey[] = [];
    const tasks = jobs.map((job) => this.task(job, keys));
    const bytes = packed(jobs, tasks);
    const request: SigningRequest = { kind: 'batch', keys, forgetKeys: this.forgetKeys, tasks, bytes };
    this.forgetKeys = false;
    if (this.batches.length === 0) this.worker.ref();
    this.batches.push(jobs);
    for (const { request } of jobs) this.outstanding += request.keys.length;
    this.worker.postMessage(request, [bytes]);
  }

  /** Resolves when nothing is outstanding. */
  idle(): Promise<void> {
    if (this.batches.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.idleWaiters.push(resolve));
  }

  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    const exited = new Promise((resolve) => this.worker.once('exit', resolve));
    this.worker.ref();
    this.worker.postMessage({ kind: 'close' } satisfies SigningRequest);
    await exited;
  }

  private forget(): void {
    this.numbers = new WeakMap();
    this.nextNumber = 0;
    this.forgetKeys = true;
  }

  private task({ request, bodyHash }: Job, added: NamedKey[]): SignTask {
    const { domain, header, body, signedAt } = request;
    const bodyBytes = bodyHash === undefined ? body.reduce((sum, { length }) => sum + length, 0) : 0;
    const keys = request.keys.map((key) => this.numberOf(domain, key, added));
    return { domain, keys, headerBytes: header.length, bodyBytes, bodyHash, signedAt };
  }

  private numberOf(domain: string, key: DkimKey, added: NamedKey[]): number {
    const known = this.numbers.get(key);
    if (known?.domain === domain) return known.number;
    const number = this.nextNumber++;
    this.numbers.set(key, { domain, number });
    added.push({ number, domain, key });
    return number;
  }

  private replied(results: SigningReply): void {
    const jobs = this.batches.shift() ?? [];
    for (const { request } of jobs) this.outstanding -= request.keys.length;
    if (this.batches.length === 0) this.worker.unref();
    for (const [at, job] of jobs.entries()) {
      const result = results[at] ?? { error: 'no result' };
      this.events.done(job, 'error' in result ? new Error(result.error) : result);
    }
    this.wakeIdle();
  }

  private fail(error: Error): void {
    if (this.over) return;
    this.over = true;
    this.events.failed();
    const jobs = this.batches.splice(0).flat();
    this.outstanding = 0;
    for (const job of jobs) this.events.done(job, error);
    this.wakeIdle();
    void this.worker.terminate();
  }

  private wakeIdle(): void {
    if (this.batches.length === 0) for (const wake of this.idleWaiters.splice(0)) wake();
  }
}

/** The bytes of all jobs one after the other, in memory that the thread takes over. */
function packed(jobs: readonly Job[], tasks: readonly SignTask[]): ArrayBuffer {
  const size = tasks.reduce((sum, { headerBytes, bodyBytes }) => sum + headerBytes + bodyBytes, 0);
  const { buffer } = Buffer.allocUnsafeSlow(size);
  const bytes = new Uint8Array(buffer);
  let at = 0;
  for (const { request, bodyHash } of jobs) {
    bytes.set(request.header, at);
    at += request.header.length;
    if (bodyHash !== undefined) continue;
    for (const piece of request.body) {
      bytes.set(piece, at);
      at += piece.length;
    }
  }
  return buffer;
}
