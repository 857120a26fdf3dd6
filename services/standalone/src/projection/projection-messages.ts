import type { FollowerSettings } from '@penstock/adapter-embedded';
import type { LogLevel } from '@penstock/ports';

/** What the projector's thread is started with. */
export interface ProjectionSettings {
  readonly dataDir: string;
  readonly follower: FollowerSettings;
  readonly tracing: { readonly otlpEndpoint?: string | undefined; readonly instance: string };
}

/** To the thread. */
export type ProjectionRequest =
  /** Calls a method of the projector, such as `queries.lanes.lanes`. */
  | { readonly kind: 'ask'; readonly id: number; readonly path: string; readonly args: readonly unknown[] }
  | { readonly kind: 'stop' };

/** From the thread. */
export type ProjectionReply =
  | { readonly kind: 'started' }
  | { readonly kind: 'readiness'; readonly reason: string | undefined }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refused'; readonly id: number; readonly message: string }
  | {
      readonly kind: 'log';
      readonly level: LogLevel;
      readonly event: string;
      readonly fields: Readonly<Record<string, unknown>> | undefined;
    }
  | { readonly kind: 'stopped' };
