import type { Topic } from '@penstock/events';
import type { Consumer } from './event-log.ts';

/**
 * A service without its shell: what it reads, and its life. The Nest shell and the simulation both join the
 * consumers to the log between `start` and `stop`.
 */
export interface PenstockService {
  readonly consumers: readonly AnyConsumer[];
  /** Before any consumer joins. */
  start(): Promise<void>;
  /** After every consumer has left: finishes what is in flight and closes. */
  stop(): Promise<void>;
  /** Undefined when the service can do its work, else why not. */
  notReady(): string | undefined;
}

export type AnyConsumer = { [T in Topic]: Consumer<T> }[Topic];
