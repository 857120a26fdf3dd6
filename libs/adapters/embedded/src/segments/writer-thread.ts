/**
 * The writer thread: the only code that writes segments. It computes the CRCs, writes each group and syncs it
 * once. A failed write or sync is the end: what the page cache holds after it cannot be known (a second sync may
 * succeed without the data), so it takes nothing more. Only a write that finds no space is tried again: nothing was
 * promised about the group, and it is written again whole, to the same places.
 */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { isDiskFull } from '../disk-room.ts';
import { sealFrames } from './frame.ts';
import { type CreateSegmentFiles, createSegmentFiles, type SegmentFiles } from './segment-files.ts';
import { indexFileName, segmentFileName } from './segment-header.ts';
import type { WriterReply, WriterRequest, WriterSettings, WriterTask } from './writer-messages.ts';

const TRY_AGAIN_MS = 50;

/** A write found no space. */
class NoSpaceError extends Error {
  override readonly name = 'NoSpaceError';
}

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
    const file = this.fileOf(task.segment, task.position);
    spacious(() => this.files.write(file, frames, task.position));
  }

  private fileOf(segment: number, position: number): number {
    if (this.open?.segment === segment) return this.open.file;
    // A segment is durable before the next one begins: only the last one can be torn.
    if (this.open) this.files.sync(this.open.file);
    this.close();
    if (position === 0) this.newNames = true;
    const path = join(this.settings.folder, segmentFileName(segment));
    this.open = { segment, file: spacious(() => this.files.open(path)) };
    return this.open.file;
  }
}

/** A sync that fails for want of space is not among these: it ends the process, as any that fails. */
function spacious<R>(work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (isDiskFull(error)) throw new NoSpaceError(text(error), { cause: error });
    throw error;
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
  let again: NodeJS.Timeout | undefined;
  const work = (tasks: readonly WriterTask[]) => {
    try {
      writer.group(tasks);
      const buffers = tasks.flatMap((task) => (task.kind === 'write' ? [task.buffer] : []));
      answer({ kind: 'durable', buffers }, buffers);
    } catch (error) {
      if (error instanceof NoSpaceError) {
        answer({ kind: 'full' });
        again = setTimeout(() => work(tasks), TRY_AGAIN_MS);
        return;
      }
      failed = true;
      answer({ kind: 'failed', message: text(error) });
      return;
    }
    try {
      writer.seal(tasks);
    } catch (error) {
      answer({ kind: 'index_failed', message: text(error) });
    }
  };
  port.on('message', (request: WriterRequest) => {
    if (request.kind === 'close') {
      clearTimeout(again);
      writer.close();
      port.close();
      return;
    }
    if (!failed) work(request.tasks);
  });
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (parentPort) await serve(parentPort);
