import type { ReputationChanged } from '@penstock/events';
import {
  type AnyConsumer,
  type EventLog,
  type PenstockService,
  PeriodicTask,
  type Telemetry,
  type Timers,
} from '@penstock/ports';

export interface ReputationPublisherDeps {
  readonly log: Pick<EventLog, 'append'>;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** What is news now, wherever that is known. */
  readonly due: () => Promise<readonly ReputationChanged[]>;
}

/** Pause between two looks. */
export const LOOK_MS = 60_000;

/**
 * Appends to `mail.control` what is news of reputations: the only way in which they reach a decision. What could not be
 * appended, or asked for, is news still at the next look.
 */
export class ReputationPublisher implements PenstockService {
  readonly consumers: readonly AnyConsumer[] = [];
  private readonly looks: PeriodicTask;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly deps: ReputationPublisherDeps) {
    this.looks = new PeriodicTask(deps.timers, LOOK_MS, () => {
      this.looking = this.look();
      return this.looking;
    });
  }

  async start(): Promise<void> {
    this.looks.start();
  }

  async stop(): Promise<void> {
    this.looks.stop();
    await this.looking;
  }

  notReady(): undefined {
    return undefined;
  }

  private async look(): Promise<void> {
    const { log, telemetry, due } = this.deps;
    try {
      const records = await due();
      if (records.length === 0) return;
      await log.append([{ topic: 'mail.control', partition: 0, records }]);
      telemetry.log('info', 'reputations_published', { records: records.length });
    } catch (error) {
      telemetry.log('warn', 'reputations_not_published', { error: String(error) });
    }
  }
}
