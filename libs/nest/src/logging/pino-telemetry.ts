import type { LogLevel, Telemetry } from '@penstock/ports';
import { type DestinationStream, destination, type Logger, pino } from 'pino';
import { redact } from './redaction.ts';

export interface TelemetryOptions {
  readonly level: LogLevel | 'silent';
  /** Added to every line, such as the service's name. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Standard error if absent: standard output belongs to what the command prints. */
  readonly destination?: DestinationStream;
}

/** One JSON line per event: `{"level":"info","time":…,"event":"path_throttled",…}`, redacted. */
export class PinoTelemetry implements Telemetry {
  private readonly logger: Logger;

  constructor(options: TelemetryOptions) {
    this.logger = pino(
      {
        level: options.level,
        base: options.fields ?? null,
        formatters: { level: (level) => ({ level }) },
      },
      options.destination ?? destination({ fd: 2, sync: false }),
    );
  }

  log(level: LogLevel, event: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.logger.isLevelEnabled(level)) return;
    this.logger[level]({ event, ...redact(fields) });
  }

  /** Writes out what is still buffered; for the last line before the process ends. */
  flush(): void {
    this.logger.flush();
  }
}
