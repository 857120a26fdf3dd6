import type { Telemetry } from '@penstock/ports';
import type { ChainableCommander, Redis } from 'ioredis';
import type { LuaScript } from './lua-script.ts';

/** The server is away, slow or refused a command. What was asked may have been done. */
export class RedisUnavailableError extends Error {
  override readonly name = 'RedisUnavailableError';
}

/** One call of a script: its keys and arguments. */
export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

type PipelineReply = readonly [error: Error | null, reply: unknown];

/** A connection that comes back by itself. Commands fail at once while it is away. */
export class RedisConnection {
  private told: 'ready' | 'away' | undefined;
  /** A command was not answered in time: the connection is being given up, though it is open still. */
  private stalled = false;

  constructor(
    private readonly client: Redis,
    private readonly telemetry: Telemetry,
    /** What every key begins with. */
    readonly prefix: string,
    /** An answer that takes longer has failed, and the connection with it. */
    private readonly answerWithinMs: number,
  ) {
    client.on('ready', () => {
      this.stalled = false;
      this.tell('ready');
      this.lookAtEviction().catch(() => undefined);
    });
    client.on('close', () => this.tell('away', 'the connection was closed'));
    // Without a listener the client writes to the console.
    client.on('error', (error: Error) => this.tell('away', error.message));
  }

  /** Whether commands can be sent now. */
  get ready(): boolean {
    return this.client.status === 'ready' && !this.stalled;
  }

  /** Resolves when the server answers, rejects when it does not. */
  async ping(): Promise<void> {
    await this.pipeline((pipeline) => pipeline.ping());
  }

  /** Calls the script once for each, in their order, in one round trip. */
  async runAll(
    script: LuaScript,
    calls: readonly ScriptCall[],
    withinMs = this.answerWithinMs,
  ): Promise<readonly unknown[]> {
    if (calls.length === 0) return [];
    const replies = await this.send((pipeline) => addCalls(pipeline, script, calls), withinMs);
    if (!replies.some(([error]) => isUnknownScript(error))) return outcomes(replies);
    // A restart or SCRIPT FLUSH forgot it. A call that met no script did nothing, so it is sent again, and no other.
    const again = calls.filter((_, i) => isUnknownScript(replies[i]?.[0]));
    const [loaded, ...later] = await this.send((pipeline) => {
      pipeline.script('LOAD', script.text);
      addCalls(pipeline, script, again);
    }, withinMs);
    outcomes(loaded === undefined ? [] : [loaded]);
    const rest = later.values();
    return outcomes(replies.map((reply) => (isUnknownScript(reply[0]) ? (rest.next().value ?? reply) : reply)));
  }

  /** Commands in one round trip; rejects if one of them fails. */
  async pipeline(add: (pipeline: ChainableCommander) => void): Promise<readonly unknown[]> {
    return outcomes(await this.send(add));
  }

  /** Ends it for good. */
  async close(): Promise<void> {
    this.told = 'away';
    this.client.disconnect();
  }

  private async send(
    add: (pipeline: ChainableCommander) => void,
    withinMs = this.answerWithinMs,
  ): Promise<readonly PipelineReply[]> {
    if (!this.ready) throw new RedisUnavailableError('Redis is away');
    const pipeline = this.client.pipeline();
    add(pipeline);
    return new Promise((resolve, reject) => {
      // A server that stands still answers nobody: a new connection finds out when it goes on, and meanwhile commands
      // fail without waiting.
      const timer = setTimeout(() => {
        this.giveUp();
        reject(new RedisUnavailableError(`no answer within ${withinMs} ms`));
      }, withinMs);
      pipeline
        .exec()
        .then(
          (replies) => resolve(replies ?? []),
          (error: Error) => reject(new RedisUnavailableError(error.message)),
        )
        .finally(() => clearTimeout(timer));
    });
  }

  private giveUp(): void {
    if (!this.ready) return;
    this.stalled = true;
    this.tell('away', 'a command was not answered in time');
    this.client.disconnect(true);
  }

  /** A server that forgets keys for want of memory breaks limits and leaves read models by half. */
  private async lookAtEviction(): Promise<void> {
    const memory = await this.client.info('memory');
    const policy = /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'unknown';
    const limited = !/^maxmemory:0\r?$/m.test(memory);
    if (limited && policy !== 'noeviction') this.telemetry.log('warn', 'redis_evicts', { policy });
  }

  private tell(state: 'ready' | 'away', reason?: string): void {
    if (this.told === state) return;
    this.told = state;
    if (state === 'ready') this.telemetry.log('info', 'redis_ready');
    else this.telemetry.log('warn', 'redis_away', { reason });
  }
}

/** As one array: a change may have more arguments than a call takes. */
function addCalls(pipeline: ChainableCommander, { sha }: LuaScript, calls: readonly ScriptCall[]): void {
  for (const { keys, args } of calls) pipeline.call('evalsha', [sha, keys.length, ...keys, ...args]);
}

function isUnknownScript(error: Error | null | undefined): boolean {
  return error?.message.startsWith('NOSCRIPT') ?? false;
}

function outcomes(replies: readonly PipelineReply[]): readonly unknown[] {
  return replies.map(([error, reply]) => {
    if (error) throw new RedisUnavailableError(error.message);
    return reply;
  });
}
