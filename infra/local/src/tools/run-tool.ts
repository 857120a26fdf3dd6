/** Running the programs that install and format: their output is kept, and told only when they fail. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Something this machine lacks, and the command that puts it there. */
export interface MissingTool {
  readonly what: string;
  readonly install: string;
}

export class MissingToolsError extends Error {
  readonly missing: readonly MissingTool[];

  constructor(missing: readonly MissingTool[]) {
    const lines = missing.map(({ what, install }) => `  ${what} is missing. Install it with: ${install}`);
    super(`${lines.join('\n')}\nOr leave the engine out: --only kafka,redis names those to start.`);
    this.name = 'MissingToolsError';
    this.missing = missing;
  }
}

export function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export interface ToolOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

const OUTPUT_TOLD = 3_000;

/** Runs a program to its end and gives what it printed; throws with the end of it when it fails. */
export async function runTool(command: string, args: readonly string[], options: ToolOptions = {}): Promise<string> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => output.push(text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const text = output.join('');
  if (code === 0) return text;
  throw new Error(`${command} ${args[0] ?? ''} failed (${code}):\n${text.slice(-OUTPUT_TOLD)}`);
}
