/** The services as processes, several of some; whoever ends is started again, as a supervisor would. */
import { setTimeout as pause } from 'node:timers/promises';
import { ServiceProcess } from '../../../end-to-end/apart/service-process.ts';
import { INSTANCES, type Instance } from './cast.ts';

export interface FleetOptions {
  environmentOf(instance: Instance, index: number): Readonly<Record<string, string | undefined>>;
  /** What people should know of. */
  say(text: string): void;
  /** An instance ended that nobody had ended; it is started again. */
  onEndedAlone(instance: string, says: string): void;
  /** Told every line that an instance prints. */
  onLine(instance: string, line: string): void;
}

const START_TRIES = 20;
const AGAIN_AFTER_MS = 2_000;

interface Member {
  readonly process: ServiceProcess;
  /** It is to run: by a fault or at the end it is not. */
  wanted: boolean;
  starting: Promise<void> | undefined;
}

export class Fleet {
  private readonly members = new Map<string, Member>();
  private stopped = false;

  constructor(private readonly options: FleetOptions) {
    for (const [index, instance] of INSTANCES.entries()) {
      const child = new ServiceProcess({
        name: instance.service,
        environment: options.environmentOf(instance, index),
        onLine: (_, line) => options.onLine(instance.name, line),
        onEnd: (_, code) => this.ended(instance.name, code),
      });
      this.members.set(instance.name, { process: child, wanted: false, starting: undefined });
    }
  }

  /** Resolves when all run. */
  async start(): Promise<void> {
    await Promise.all([...this.members.keys()].map((name) => this.run(name)));
  }

  /** Starts it, and again where it ends while it starts; resolves when it runs. */
  async run(name: string): Promise<void> {
    const member = this.member(name);
    member.wanted = true;
    member.starting ??= this.startAgain(name, member).finally(() => {
      member.starting = undefined;
    });
    await member.starting;
  }

  /** SIGKILL; stays away until it is run again. */
  async kill(name: string): Promise<void> {
    const member = this.member(name);
    member.wanted = false;
    await member.process.kill();
  }

  /** It was started, and was not killed since. */
  isRunning(name: string): boolean {
    const { wanted, starting } = this.member(name);
    return wanted && !starting;
  }

  /** SIGSTOP: it keeps its connections and does nothing. */
  pause(name: string): void {
    process.kill(this.member(name).process.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(name: string): void {
    process.kill(this.member(name).process.pid, 'SIGCONT');
  }

  /** SIGTERM, ingest first, so that nothing new comes; what does not end in time is killed. */
  async stop(): Promise<void> {
    this.leave();
    for (const { name } of INSTANCES.toReversed()) await this.member(name).process.stop();
  }

  /** SIGKILL to all. */
  async killAll(): Promise<void> {
    this.leave();
    await Promise.all([...this.members.values()].map(({ process }) => process.kill()));
  }

  /** Nobody is started any more. */
  private leave(): void {
    this.stopped = true;
    for (const member of this.members.values()) member.wanted = false;
  }

  private async startAgain(name: string, member: Member): Promise<void> {
    for (let tries = 1; member.wanted && !this.stopped; tries++) {
      try {
        await member.process.start();
        return;
      } catch (error) {
        await member.process.kill();
        if (this.stopped || !member.wanted) return;
        if (tries === START_TRIES) throw error;
        this.options.say(`${name} did not start, again in ${AGAIN_AFTER_MS} ms: ${reason(error)}`);
        await pause(AGAIN_AFTER_MS);
      }
    }
  }

  private ended(name: string, code: number | null): void {
    const member = this.members.get(name);
    if (!member?.wanted || member.starting || this.stopped) return;
    const says = `${name} ended by itself with ${code}: ${member.process.output.split('\n').at(-1)}`;
    this.options.say(says);
    this.options.onEndedAlone(name, says);
    void this.again(name);
  }

  private async again(name: string): Promise<void> {
    await pause(AGAIN_AFTER_MS);
    if (!this.member(name).wanted || this.stopped) return;
    await this.run(name).catch((error: unknown) => this.options.say(`${name} stays away: ${reason(error)}`));
  }

  private member(name: string): Member {
    const member = this.members.get(name);
    if (!member) throw new Error(`no instance ${name}`);
    return member;
  }
}

/** The line that says why, as far as it can be told from what a process printed. */
function reason(error: unknown): string {
  const lines = String(error).trimEnd().split('\n').slice(1);
  return lines.find((line) => /error|cannot/i.test(line)) ?? lines.at(-1) ?? String(error);
}
