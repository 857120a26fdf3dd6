/** One service apart as a child process, started again as often as wanted. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export type ServiceName = 'ingest' | 'scheduler' | 'dispatcher' | 'projector';

/** Far beyond what a start takes, so that a stuck one fails with what it printed. */
const START_LIMIT_MS = 90_000;
/** The drain of a service and its groups' time to notice. */
const STOP_LIMIT_MS = 60_000;
const KEPT_LINES = 200;
const HTTP_DOOR = / runs: HTTP ([^\s,]+)/;
const SMTP_DOOR = /, SMTP \S+:(\d+)/;

/** Those of this process, in whatever order it ends: they have no terminal that would end them. */
const living = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

export interface ServiceProcessOptions {
  readonly name: ServiceName;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told every line it prints. */
  readonly onLine?: ((name: ServiceName, line: string) => void) | undefined;
  /** It ended by itself. */
  readonly onEnd?: ((name: ServiceName, code: number | null) => void) | undefined;
}

export class ServiceProcess {
  private child: ChildProcess | undefined;
  private stopping = false;
  private doors = '';
  private readonly lines: string[] = [];
  private running: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(private readonly options: ServiceProcessOptions) {}

  /** Resolves when its doors are open. */
  async start(): Promise<void> {
    const { name, environment, onEnd } = this.options;
    this.stopping = false;
    const main = fileURLToPath(import.meta.resolve(`@penstock/${name}/main`));
    const child = spawn(process.execPath, [main], {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      // Ctrl-C is for whoever started it, who ends them in their order.
      detached: true,
    });
    this.child = child;
    living.add(child);
    const started = new Promise<void>((resolve, reject) => {
      this.running = { resolve, reject };
    });
    for (const stream of [child.stdout, child.stderr]) this.read(stream);
    child.once('exit', (code) => {
      living.delete(child);
      this.running?.reject(this.failure(`ended with ${code}`));
      if (!this.stopping) onEnd?.(name, code);
    });
    const timer = setTimeout(() => this.running?.reject(this.failure('did not start in time')), START_LIMIT_MS);
    await started.finally(() => clearTimeout(timer));
  }

  /** SIGTERM; answers the exit code, 0 where it drained and ended in order. */
  async stop(): Promise<number | null> {
    const { child } = this;
    this.stopping = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited.finally(() => clearTimeout(timer));
    return child.exitCode;
  }

  /** SIGKILL, as a crash; resolves when it is gone. */
  async kill(): Promise<void> {
    const { child } = this;
    this.stopping = true;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Of its HTTP door as it told at its last start, whatever its port was set to. */
  get url(): string {
    return `http://${this.told(HTTP_DOOR)}`;
  }

  get smtpPort(): number {
    return Number(this.told(SMTP_DOOR));
  }

  /** @throws Error where it does not run */
  get pid(): number {
    const pid = this.child?.pid;
    if (pid === undefined) throw this.failure('does not run');
    return pid;
  }

  /** The last lines it printed. */
  get output(): string {
    return this.lines.join('\n');
  }

  private read(stream: Readable | null): void {
    if (!stream) return;
    const { name, onLine } = this.options;
    createInterface({ input: stream }).on('line', (line) => {
      this.lines.push(line);
      if (this.lines.length > KEPT_LINES) this.lines.shift();
      onLine?.(name, line);
      if (!line.startsWith(`${name} runs: `)) return;
      this.doors = line;
      this.running?.resolve();
    });
  }

  private told(door: RegExp): string {
    const [, found] = door.exec(this.doors) ?? [];
    if (found === undefined) throw this.failure(`told of no door like ${door}`);
    return found;
  }

  private failure(what: string): Error {
    return new Error(`${this.options.name} ${what}:\n${this.output}`);
  }
}
