import { type EventLog, PeriodicTask, type Telemetry, type TimerHandle, type Timers } from '@penstock/ports';

/** How often it is looked whether the log answers. */
const LOOK_EVERY_MS = 5_000;
/** A leader change takes this long at most. */
const PATIENCE_MS = 15_000;

export interface LogWatchDeps {
  readonly log: EventLog;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
}

/** Asks the log for the end of `mail.control` from time to time, so that readiness can be told at any moment. */
export class LogWatch {
  private reason: string | undefined;
  private readonly looking: PeriodicTask;
  private patience: TimerHandle | undefined;

  constructor(private readonly deps: LogWatchDeps) {
    this.looking = new PeriodicTask(deps.timers, LOOK_EVERY_MS, () => this.look());
  }

  start(): void {
    this.looking.start();
  }

  stop(): void {
    this.looking.stop();
    this.patience?.cancel();
  }

  /** Undefined while the log answers, else why not. */
  notReady(): string | undefined {
    return this.reason;
  }

  private async look(): Promise<void> {
    const { log, timers } = this.deps;
    const late = new Promise<string>((resolve) => {
      this.patience = timers.after(PATIENCE_MS, () => resolve(`the log has not answered for ${PATIENCE_MS / 1_000} s`));
    });
    const asked = log.bounds('mail.control', 0).then(
      () => undefined,
      (error: unknown) => `the log cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    const reason = await Promise.race([asked, late]);
    this.patience?.cancel();
    if (reason !== undefined && this.reason === undefined)
      this.deps.telemetry.log('warn', 'log_unreachable', { reason });
    this.reason = reason;
  }
}
