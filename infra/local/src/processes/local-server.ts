/** One server process of the stack: started, asked, stopped, killed and paused by the pid written down for it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { formatIdentity, identify, isAlive, isGone, type ProcessIdentity, parseIdentity } from './identity.ts';
import { isFree } from './ports.ts';
import { until } from './waiting.ts';

/** What a server is: how it is prepared, started and asked. Made by the engine; it does nothing by itself. */
export interface ServerPlan {
  /** `kafka-1`, `redis`; also the name of its log and pid file. */
  readonly name: string;
  readonly version: string;
  /** Every port it listens on; the first is the one clients use. */
  readonly ports: readonly [number, ...number[]];
  readonly command: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Its working folder, which is also where its data lies. */
  readonly folder: string;
  /** Text of the command line that only this server has; see ProcessIdentity. */
  readonly marker: string;
  readonly readyWithinMs: number;
  /** After so long without ending on SIGTERM it is killed. */
  readonly stopWithinMs: number;
  /** Writes configuration and whatever else must be there before the start; may be called again and again. */
  readonly prepare: () => Promise<void>;
  /** Undefined when it serves, else why not. */
  readonly notReady: () => Promise<string | undefined>;
}

export interface ServerStatus {
  readonly name: string;
  readonly version: string;
  readonly port: number;
  readonly pid: number | undefined;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
}

const LOG_LINES_TOLD = 15;
/** A killed process is gone as soon as the kernel has torn it down; that takes a moment for a large heap. */
const GONE_WITHIN_MS = 10_000;

export class LocalServer {
  readonly plan: ServerPlan;
  readonly logFile: string;
  readonly #pidFile: string;

  constructor(plan: ServerPlan, files: { readonly pidFile: string; readonly logFile: string }) {
    this.plan = plan;
    this.#pidFile = files.pidFile;
    this.logFile = files.logFile;
  }

  get name(): string {
    return this.plan.name;
  }

  /** Undefined when it does not run. */
  get pid(): number | undefined {
    return this.#running()?.pid;
  }

  /** Starts it and waits until it serves; one that runs already is only waited for. */
  async start(): Promise<void> {
    if (this.#running() === undefined) {
      await this.plan.prepare();
      await this.#refuseTakenPorts();
      this.#spawn();
    }
    let reason: string | undefined;
    const served = await until(async () => {
      reason = await this.plan.notReady();
      if (reason !== undefined && this.#running() === undefined) {
        throw new Error(`${this.name} ended while it was starting.${this.#lastLogLines()}`);
      }
      return reason === undefined;
    }, this.plan.readyWithinMs);
    if (!served) {
      throw new Error(
        `${this.name} does not serve after ${this.plan.readyWithinMs} ms: ${reason}.${this.#lastLogLines()}`,
      );
    }
  }

  /** SIGTERM, then SIGKILL if it has not ended in its time; says whether it ended by itself. Data stays. */
  async stop(): Promise<'was not running' | 'stopped' | 'killed'> {
    const running = this.#running();
    if (running === undefined) {
      rmSync(this.#pidFile, { force: true });
      return 'was not running';
    }
    process.kill(running.pid, 'SIGTERM');
    // One that is paused would take the signal only when it goes on.
    process.kill(running.pid, 'SIGCONT');
    const ended = await until(() => isGone(running), this.plan.stopWithinMs);
    if (!ended) await this.kill();
    rmSync(this.#pidFile, { force: true });
    return ended ? 'stopped' : 'killed';
  }

  /** SIGKILL; resolves when the process is gone and its ports are free. */
  async kill(): Promise<void> {
    const running = this.#running();
    if (running === undefined) return;
    process.kill(running.pid, 'SIGKILL');
    if (!(await until(() => isGone(running), GONE_WITHIN_MS))) {
      throw new Error(`${this.name} (pid ${running.pid}) is still there after SIGKILL.`);
    }
  }

  /** SIGSTOP: the process keeps its connections and answers nothing. */
  pause(): void {
    this.#signal('SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    this.#signal('SIGCONT');
  }

  async status(): Promise<ServerStatus> {
    const { name, version, ports } = this.plan;
    const pid = this.pid;
    const reason = pid === undefined ? 'not running' : await this.plan.notReady();
    return { name, version, port: ports[0], pid, ready: reason === undefined, ...(reason !== undefined && { reason }) };
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const running = this.#running();
    if (running === undefined) throw new Error(`${this.name} does not run.`);
    process.kill(running.pid, signal);
  }

  #running(): ProcessIdentity | undefined {
    let text: string;
    try {
      text = readFileSync(this.#pidFile, 'utf8');
    } catch {
      return undefined;
    }
    const identity = parseIdentity(text);
    return identity !== undefined && isAlive(identity) ? identity : undefined;
  }

  async #refuseTakenPorts(): Promise<void> {
    for (const port of this.plan.ports) {
      if (await isFree(port)) continue;
      throw new Error(
        `Port ${port}, which ${this.name} needs, is taken by another program. End it, or choose other ports with --base-port.`,
      );
    }
  }

  #spawn(): void {
    const { command, args, environment, folder, marker } = this.plan;
    mkdirSync(dirname(this.logFile), { recursive: true });
    mkdirSync(dirname(this.#pidFile), { recursive: true });
    const log = openSync(this.logFile, 'a');
    try {
      // A group of its own: Ctrl-C in the terminal that started it must not reach it.
      const child = spawn(command, args, {
        cwd: folder,
        env: { ...process.env, ...environment },
        stdio: ['ignore', log, log],
        detached: true,
      });
      // A failed start shows as a process that is not there; without a listener it would end this process.
      child.on('error', () => {});
      child.unref();
      const identity = child.pid === undefined ? undefined : identify(child.pid, marker);
      if (identity === undefined) throw new Error(`${this.name} could not be started: ${command}`);
      writeFileSync(this.#pidFile, formatIdentity(identity));
    } finally {
      closeSync(log);
    }
  }

  #lastLogLines(): string {
    try {
      const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_TOLD);
      return ` The end of ${this.logFile}:\n${lines.join('\n')}`;
    } catch {
      return '';
    }
  }
}
