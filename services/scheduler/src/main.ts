import {
  type AssembledService,
  memoryQuotas,
  openContent,
  openRedisQuotas,
  openRoom,
  openServiceResolver,
  openStateFolder,
  publishFirstPolicy,
  runService,
  type ServiceWorld,
  type ShellSettings,
  storedLags,
} from '@penstock/deployment';
import { Suppressions } from '@penstock/directory';
import type { SettingsOf } from '@penstock/nest';
import type { QuotaStore } from '@penstock/ports';
import { LoneQuotaStore } from './quotas/lone-quota-store.ts';
import type { PartitionShare } from './quotas/share-of-budgets.ts';
import { SCHEDULER_TRANSPORT, SchedulerModule } from './scheduler.module.ts';
import { createScheduler, type Scheduler } from './scheduler.ts';
import { SETTINGS } from './settings.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, telemetry, undo } = world;
  const local = await openStateFolder(settings.stateDir, telemetry, undo);
  const { copies } = await openContent(settings, world, undo);
  await publishFirstPolicy(settings, world);
  const resolver = await openServiceResolver(settings, world);
  const quotas = await openQuotas(world, () => scheduler.share());
  const suppressions = new Suppressions({ ...world, state: local.state }, world.owner);
  const scheduler: Scheduler = createScheduler({
    ...world,
    suppressions,
    quotas,
    state: local.state,
    room: await openRoom(settings, world, undo),
    copies,
    copyEveryMs: settings.copyEvery,
    resolver,
  });
  return {
    service: scheduler,
    transportId: SCHEDULER_TRANSPORT,
    module: SchedulerModule.register(scheduler),
    alsoJoined: [resolver.consumer, suppressions.consumer],
    samples: () => {
      const positions = [...scheduler.positions()];
      return storedLags(
        log,
        positions.map(([partition, offset]) => ({ group: 'scheduler', partition, offset })),
      );
    },
  };
}

/** In Redis for any number of schedulers; in memory for one. */
async function openQuotas(
  { settings, clock, telemetry, undo }: ServiceWorld<Settings>,
  share: () => PartitionShare,
): Promise<QuotaStore> {
  const { redisUrl, kafkaPrefix = '' } = settings;
  if (redisUrl !== undefined) return openRedisQuotas(redisUrl, kafkaPrefix, telemetry, undo);
  return new LoneQuotaStore(memoryQuotas(clock), share);
}

const program = {
  name: 'scheduler',
  description: 'Decides what may be sent when, and releases it.',
  settings: SETTINGS,
  assemble,
} as const;

/** Runs the scheduler as this process. */
export const run = (args: readonly string[]): Promise<void> => runService(program, args);

if (import.meta.main) await run(process.argv.slice(2));
