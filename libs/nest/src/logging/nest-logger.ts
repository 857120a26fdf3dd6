import type { LoggerService } from '@nestjs/common';
import type { LogLevel, Telemetry } from '@penstock/ports';

/**
 * Nest's own messages as telemetry. Its start-up chatter is `debug` here: a route being mapped is nothing an operator
 * asks about.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly telemetry: Telemetry) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  private write(level: LogLevel, message: unknown, rest: readonly unknown[]): void {
    const context = rest.at(-1);
    const error = [message, ...rest].find((item) => item instanceof Error);
    this.telemetry.log(level, 'nest', {
      message: message instanceof Error ? message.message : String(message),
      ...(typeof context === 'string' ? { context } : {}),
      ...(error ? { error } : {}),
    });
  }
}
