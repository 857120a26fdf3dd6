/** The load generator, a process of its own: takes one order over IPC, carries it out, reports, and waits to be let go. */
import { type Close, openSession } from './load-sessions.ts';
import { Supply } from './load-supply.ts';

export interface LoadOrder {
  readonly protocol: 'smtp' | 'http';
  readonly port: number;
  readonly apiKey?: string | undefined;
  readonly messages: number;
  readonly bytes: number;
  readonly domains: number;
  readonly sessions: number;
  /** Messages a second; as fast as they go if absent. */
  readonly rate?: number | undefined;
}

/** Times in ms of the machine's monotonic clock, by number of the message. */
export interface LoadReport {
  readonly sentAt: Float64Array;
  readonly answeredAt: Float64Array;
  readonly ids: readonly string[];
}

function carryOut(order: LoadOrder): Promise<LoadReport> {
  return new Promise((resolve, reject) => {
    const sessions: Close[] = [];
    const supply = new Supply(order, () => {
      for (const close of sessions) close();
      resolve({ sentAt: supply.sentAt, answeredAt: supply.answeredAt, ids: supply.ids });
    });
    const failed = (reason: string) => reject(new Error(reason));
    for (let i = 0; i < order.sessions; i++) {
      sessions.push(openSession(order.protocol, { ...order, supply, failed }));
    }
  });
}

process.on('message', (order: LoadOrder) => {
  carryOut(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
