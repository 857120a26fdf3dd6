import type { Timers } from '@penstock/ports';
import type { KafkaTimes } from '../options.ts';
import type { GroupBroker } from './guarded-cluster.ts';

/** What a member is to its group. */
export interface MemberGeneration {
  readonly generationId: number;
  readonly memberId: string;
}

interface Session {
  readonly timers: Pick<Timers, 'sleep'>;
  readonly times: Pick<KafkaTimes, 'heartbeatMs'>;
  readonly groupId: string;
  readonly of: () => MemberGeneration | undefined;
}

/** Keeps the session alive until `done`: kafkajs sends no heartbeats meanwhile. Never rejects. */
export function keepSession(done: Promise<unknown>, coordinator: GroupBroker, session: Session): void {
  let waiting = true;
  const over = done.finally(() => {
    waiting = false;
  });
  const beat = async (): Promise<void> => {
    while (waiting) {
      const generation = session.of();
      if (generation) {
        const { generationId: groupGenerationId, memberId } = generation;
        // The answer says that the group is rebalancing, which is why we are here.
        await coordinator.heartbeat({ groupId: session.groupId, groupGenerationId, memberId }).catch(() => undefined);
      }
      await Promise.race([over, session.timers.sleep(session.times.heartbeatMs)]);
    }
  };
  void beat().catch(() => undefined);
}
