import type { Telemetry } from '@penstock/ports';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT'];

/** Longer than any transaction that is worth waiting for; then what is in flight comes back in doubt after the restart. */
const PATIENCE_MS = 30_000;

export interface ShutdownOptions {
  /** Stops everything in its order. Called once. */
  readonly stop: () => Promise<void>;
  readonly telemetry: Telemetry;
  /** Ends the process. */
  readonly exit: (code: number) => void;
  /** Where the signals arrive; the process itself outside tests. */
  readonly signals?: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
}

/**
 * The first SIGTERM or SIGINT stops in order and ends with code 0 (1 if stopping failed or took too long); a second
 * one ends at once with 130. Answers a function that takes the handlers away again.
 */
export function onShutdownSignals(options: ShutdownOptions): () => void {
  const signals = options.signals ?? process;
  let stopping = false;
  const received = (signal: NodeJS.Signals): void => {
    if (stopping) {
      options.telemetry.log('warn', 'shutdown_forced', { signal });
      options.exit(130);
      return;
    }
    stopping = true;
    options.telemetry.log('info', 'shutdown_started', { signal });
    void stopInTime(options).then((code) => options.exit(code));
  };
  for (const signal of SIGNALS) signals.on(signal, received);
  return () => {
    for (const signal of SIGNALS) signals.off(signal, received);
  };
}

async function stopInTime({ stop, telemetry }: ShutdownOptions): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not stopped after ${PATIENCE_MS / 1_000} s`)), PATIENCE_MS);
  });
  try {
    await Promise.race([stop(), overdue]);
    telemetry.log('info', 'shutdown_finished');
    return 0;
  } catch (error) {
    telemetry.log('error', 'shutdown_failed', { error });
    return 1;
  } finally {
    clearTimeout(timer);
  }
}
