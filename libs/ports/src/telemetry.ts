export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What the services tell operators. Never an address, a body or a key in full. */
export interface Telemetry {
  /** One event: a stable snake_case name and its fields. */
  log(level: LogLevel, event: string, fields?: Readonly<Record<string, unknown>>): void;
}
