/** The log of a platform that does not run: a child opens its folder and answers as a platform would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint } from './api/http-client.ts';
import { type OpenFolder, UserError } from './console.ts';

/** @throws UserError where the folder is in use, or none of a platform */
export async function openStoppedPlatform(folder: string): Promise<OpenFolder> {
  const child = spawn(process.execPath, [offlineMain(), folder], { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let printed = '';
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // What is written to a child that is gone is not missed.
  child.stdin.on('error', () => {});
  for await (const text of child.stdout.setEncoding('utf8')) {
    printed += text;
    if (printed.includes('\n')) break;
  }
  if (!printed.includes('\n')) {
    await exited;
    throw new UserError(complaints.trim() || `${folder} could not be opened`);
  }
  child.stderr.pipe(process.stderr);
  const close = async () => {
    child.stdin.end();
    await exited;
  };
  return { endpoint: JSON.parse(printed) as Endpoint, close };
}

function offlineMain(): string {
  try {
    return fileURLToPath(import.meta.resolve('@penstock/standalone/offline'));
  } catch {
    throw new UserError('--data-dir needs the standalone platform, which is not installed here');
  }
}
