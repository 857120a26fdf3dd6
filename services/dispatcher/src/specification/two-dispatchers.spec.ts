import { MemoryContentStore, MemoryEventLog, MemoryLogData, type MemoryLogHooks } from '@penstock/adapter-memory';
import type { SourceReach } from '@penstock/ports';
import { GivenDispatcher, POLICY } from './given-dispatcher.ts';
import { ManualTime, settle } from './manual-time.ts';
import { StoppedProcess } from './stopped-process.ts';

export interface Host {
  readonly given: GivenDispatcher;
  readonly process: StoppedProcess;
  /** Its process dies: nobody hears of it any more. */
  kill(): void;
  /** The group takes it for dead, and it does not know. */
  expel(): void;
}

/** Dispatchers on hosts of their own, over one log. */
export class TwoDispatchers {
  readonly time = new ManualTime();
  readonly data = new MemoryLogData();
  private readonly content = new MemoryContentStore();

  async host(
    owner: string,
    hooks: MemoryLogHooks = {},
    reach?: SourceReach,
    formerOwners: readonly string[] = [],
  ): Promise<Host> {
    const process = new StoppedProcess(this.time);
    const all: MemoryLogHooks = {
      ...hooks,
      beforeStore: async (batch) => {
        await process.running();
        await hooks.beforeStore?.(batch);
      },
      beforeRead: async (topic, partition, from) => {
        await process.running();
        await hooks.beforeRead?.(topic, partition, from);
      },
    };
    const log = new MemoryEventLog(this.data, all);
    const group = new MemoryEventLog(this.data, all);
    const given = new GivenDispatcher({
      log,
      group,
      content: this.content,
      time: this.time,
      owner,
      process,
      apart: true,
      formerOwners,
      ...(reach ? { reach } : {}),
    });
    if (this.data.bounds('mail.control', 0).end === 0) await given.writePolicy(POLICY);
    await given.join();
    await this.time.advance(10);
    const kill = () => {
      process.stop();
      log.disconnect();
      group.disconnect();
    };
    return { given, process, kill, expel: () => group.disconnect() };
  }

  /** `claimed s1 by a`, `released s1 by b for a` …, of the source, in the order of the log. */
  claims(source: string): readonly string[] {
    const { end } = this.data.bounds('mail.control', 0);
    return this.data.read('mail.control', 0, 0, end).flatMap(({ record }) => {
      if (record.type !== 'source_claimed' && record.type !== 'source_released') return [];
      const { body } = record;
      if (body.source !== source) return [];
      if (record.type === 'source_claimed') return [`claimed by ${body.owner}`];
      const by = 'releasedBy' in body && body.releasedBy ? ` by ${body.releasedBy}` : '';
      return [`released ${body.owner}${by}`];
    });
  }

  async settled(): Promise<void> {
    await this.time.advance(0);
    await settle();
  }
}
