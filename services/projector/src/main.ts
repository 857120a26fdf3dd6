import { openTracing } from '@penstock/adapter-telemetry';
import {
  type AssembledService,
  openContent,
  openReads,
  openStateFolder,
  openWebhooks,
  projectedSamples,
  requiredSecretKey,
  runService,
  type ServiceWorld,
  type ShellSettings,
  storedLags,
  webhookSamples,
} from '@penstock/deployment';
import type { SettingsOf } from '@penstock/nest';
import type { PenstockService } from '@penstock/ports';
import { PROJECTOR_TRANSPORT, ProjectorModule } from './projector.module.ts';
import { createProjector } from './projector.ts';
import { SETTINGS } from './settings.ts';
import { createWebhooks } from './webhook/webhooks.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, telemetry, undo, keyring, owner } = world;
  const local = await openStateFolder(settings.stateDir, telemetry, undo);
  const { otlpEndpoint } = settings;
  const tracing = openTracing({ otlpEndpoint, instance: owner, telemetry });
  undo.push(() => tracing.close());
  const reads = await openReads(settings, local, telemetry, undo);
  const projector = createProjector({ ...world, ...reads, tracing, setsAside: true });
  const webhooks = createWebhooks({
    ...world,
    content: await openContent(settings, world, undo),
    archive: reads.archive,
    // Where several projectors share: whoever is given a partition goes on from the place of its former owner.
    state: reads.readModels,
    sender: openWebhooks(settings.webhookAllow, undo).sender,
    secretKey: secretKeyOf(settings),
  });
  return {
    service: together(projector, webhooks),
    transportId: PROJECTOR_TRANSPORT,
    module: ProjectorModule.register(projector, keyring),
    ending: () => projector.ending(),
    samples: async () => {
      const figures = await projector.queries.figures.figures();
      return [
        ...projectedSamples(figures),
        ...webhookSamples(webhooks.figures, world.clock.now()),
        ...(await storedLags(log, figures.stored)),
      ];
    },
  };
}

/** Both live as one; the reactor's consumers read the log directly, without a Nest transport of their own. */
function together(projector: PenstockService, webhooks: PenstockService): PenstockService {
  return {
    consumers: [...projector.consumers, ...webhooks.consumers],
    start: async () => {
      await projector.start();
      await webhooks.start();
    },
    stop: async () => {
      await Promise.all([projector.stop(), webhooks.stop()]);
    },
    notReady: () => projector.notReady() ?? webhooks.notReady(),
  };
}

function secretKeyOf(settings: Settings): Uint8Array {
  return requiredSecretKey(settings, 'webhooks are signed with keys sealed under it; give that of ingest');
}

const program = {
  name: 'projector',
  description:
    'Folds facts into timelines, counters and lanes, answers what people ask about them, and posts webhooks.',
  settings: SETTINGS,
  check: secretKeyOf,
  assemble,
} as const;

/** Runs the projector as this process. */
export const run = (args: readonly string[]): Promise<void> => runService(program, args);

if (import.meta.main) await run(process.argv.slice(2));
