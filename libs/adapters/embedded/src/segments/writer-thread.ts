/**
 * The writer thread: the only code that writes segments. It computes the CRCs, writes each group and syncs it
 * once. A failed write or sync is the end: what the page cache holds after it cannot be known (a second sync may
 * succeed without the data), so it takes nothing more.
 */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { sealFrames } from './frame.ts';
import { type CreateSegmentFiles, createSegmentFiles, type SegmentFiles } from './segment-files.ts';
import { indexFileName, segmentFileName } from './segment-header.ts';
import type { WriterReply, WriterRequest, WriterSettings, WriterTask } from './writer-messages.ts';

class SegmentWriter {
  private open: { readonly segment: number; readonly file: number } | undefined;
  private newNames = false;

  constructor(
    private readonly settings: WriterSettings,
    private readonly files: SegmentFiles,
  ) {}

  /** Returns when everything is durable. */
  group(tasks: readonly WriterTask[]): void {
    for (const task of tasks) {
      if (task.kind === 'write') this.write(task);
    }
    if (this.open) this.files.sync(this.open.file);
    if (this.newNames) this.files.syncFolder(this.settings.folder);
    this.newNames = false;
  }

  /** Indexes are written after the answer: nobody waits for a cache. */
  seal(tasks: readonly WriterTask[]): void {
    for (const task of tasks) {
      if (task.kind !== 'seal') continue;
      this.files.replace(join(this.settings.folder, indexFileName(task.segment)), new Uint8Array(task.index));
    }
  }

  close(): void {
    if (this.open) this.files.close(this.open.file);
    this.open = undefined;
  }

  private write(task: WriterTask & { kind: 'write' }): void {
    const frames = Buffer.from(task.buffer, 0, task.bytes);
    sealFrames(frames, task.position, this.settings.salt);
    this.files.write(this.fileOf(task.segment, task.position), frames, task.position);
  }

  private fileOf(segment: number, position: number): number {
    if (this.open?.segment === segment) return this.open.file;
    // A segment is durable before the next one begins: only the last one can be torn.
    if (this.open) this.files.sync(this.open.file);
    this.close();
    if (position === 0) this.newNames = true;
    this.open = { segment, file: this.files.open(join(this.settings.folder, segmentFileName(segment))) };
    return this.open.file;
  }
}

async function serve(port: NonNullable<typeof parentPort>): Promise<void> {
  const settings = workerData as WriterSettings;
  const answer = (reply: WriterReply, transfer: readonly ArrayBuffer[] = []) => port.postMessage(reply, transfer);
  const custom = settings.files
    ? ((await import(settings.files.url)) as { createSegmentFiles: CreateSegmentFiles })
    : undefined;
  const files = custom ? custom.createSegmentFiles(settings.files?.data) : createSegmentFiles();
  const writer = new SegmentWriter(settings, files);
  let failed = false;
  port.on('message', (request: WriterRequest) => {
    if (request.kind === 'close') {
      writer.close();
      port.close();
      return;
    }
    if (failed) return;
    try {
      writer.group(request.tasks);
      const buffers = request.tasks.flatMap((task) => (task.kind === 'write' ? [task.buffer] : []));
      answer({ kind: 'durable', buffers }, buffers);
    } catch (error) {
      failed = true;
      answer({ kind: 'failed', message: text(error) });
      return;
    }
    try {
      writer.seal(request.tasks);
    } catch (error) {
      answer({ kind: 'index_failed', message: text(error) });
    }
  });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort) await serve(parentPort);
