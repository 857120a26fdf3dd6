/** A real standalone platform as a child process, on ports of the system's choice, in a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(import.meta.resolve('@penstock/standalone/main'));
const READY = /^Penstock is ready/m;
const HTTP = /^ +HTTP API +(http:\/\/\S+)$/m;
const SMTP = /^ +SMTP submission +(\S+):(\d+) /m;
const CURL = /^ +(curl .*)$/m;

/** Far beyond what a start takes, so that a stuck one fails with what it printed. */
const START_LIMIT_MS = 30_000;

export interface PlatformOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Used again after a restart; made and removed with the platform if absent. */
  readonly dataDir?: string;
  /** Options of Node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[];
}

export class Platform {
  readonly url: string;
  readonly smtpHost: string;
  readonly smtpPort: number;
  /** The line the platform prints for pasting. */
  readonly curl: string;

  private constructor(
    private readonly child: ChildProcess,
    readonly output: Output,
    readonly dataDir: string,
    private readonly ownFolder: boolean,
  ) {
    this.url = found(HTTP, output);
    this.smtpHost = found(SMTP, output, 1);
    this.smtpPort = Number(found(SMTP, output, 2));
    this.curl = found(CURL, output);
  }

  /** @throws Error with all it printed if it ended or did not become ready. */
  static async start(options: PlatformOptions = {}): Promise<Platform> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'penstock-'));
    const { child, output } = spawnStandalone(dataDir, options.environment ?? {}, [], options.nodeOptions);
    await becameReady(child, output);
    return new Platform(child, output, dataDir, options.dataDir === undefined);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  /** SIGKILL, as a crash. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const exited = once(this.child, 'exit');
      this.child.kill(signal);
      await exited;
    }
    if (this.ownFolder) rmSync(this.dataDir, { recursive: true, force: true });
    return this.child.exitCode;
  }
}

/** What the process wrote so far. */
export class Output {
  stdout = '';
  stderr = '';
}

export function spawnStandalone(
  dataDir: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  nodeOptions: readonly string[] = [],
): { readonly child: ChildProcess; readonly output: Output } {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PENSTOCK_'));
  const child = spawn(process.execPath, [...nodeOptions, MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...Object.fromEntries(inherited),
      PENSTOCK_HTTP_PORT: '0',
      PENSTOCK_SMTP_PORT: '0',
      PENSTOCK_DATA_DIR: dataDir,
      ...environment,
    },
  });
  const output = new Output();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  return { child, output };
}

async function becameReady(child: ChildProcess, output: Output): Promise<void> {
  const overdue = AbortSignal.timeout(START_LIMIT_MS);
  const ended = once(child, 'exit', { signal: overdue }).then(
    () => true,
    () => true,
  );
  for (;;) {
    if (READY.test(output.stdout) && CURL.test(output.stdout)) return;
    const written = child.stdout
      ? once(child.stdout, 'data', { signal: overdue }).then(
          () => false,
          () => true,
        )
      : true;
    if (!(await Promise.race([ended, written]))) continue;
    child.kill('SIGKILL');
    throw new Error(`the platform did not start:\n${output.stdout}${output.stderr}`);
  }
}

function found(pattern: RegExp, output: Output, group = 1): string {
  const match = pattern.exec(output.stdout)?.[group];
  if (match === undefined) throw new Error(`${pattern} is not in what the platform printed:\n${output.stdout}`);
  return match;
}
