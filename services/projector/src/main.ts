import { openTracing } from '@penstock/adapter-telemetry';
import {
  type AssembledService,
  committedLags,
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
import { Suppressions } from '@penstock/directory';
import type { SettingsOf } from '@penstock/nest';
import type { PenstockService } from '@penstock/ports';
import { PROJECTOR_TRANSPORT, ProjectorModule } from './projector.module.ts';
import { createProjector } from './projector.ts';
import { SETTINGS } from './settings.ts';
import { createBounceSuppressor } from './suppression/bounce-suppressor.ts';
import { createWebhooks } from './webhook/webhooks.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, telemetry, undo, keyring, owner } = world;
  const local = await openStateFolder(settings.stateDir, telemetry, undo);
  const { otlpEndpoint } = settings;
  const tracing = openTracing({ otlpEndpoint, instance: owner, telemetry });
  undo.push(() => tracing.close());
  const reads = await openReads(settings, local, telemetry, undo);
  const projector = createProjector({ ...world, ...reads, tracing, setsAside: true, publishes: true });
  const content = await openContent(settings, world, undo);
  const webhooks = createWebhooks({
    ...world,
    content,
    archive: reads.archive,
    // Where several projectors share: whoever is given a partition goes on from the place of its former owner.
    state: reads.readModels,
    sender: openWebhooks(settings.webhookAllow, undo).sender,
    secretKey: secretKeyOf(settings),
  });
  const suppressions = new Suppressions({ ...world, state: local.state }, owner);
  const keys = { secretKey: secretKeyOf(settings), recipientKey: secretKeyOf(settings) };
  const suppressor = createBounceSuppressor({ ...world, ...keys, content, suppressions });
  return {
    service: together(projector, webhooks, suppressor),
    transportId: PROJECTOR_TRANSPORT,
    module: ProjectorModule.register(projector, keyring),
    alsoJoined: [suppressions.consumer],
    ending: () => projector.ending(),
    samples: async () => {
      const figures = await projector.queries.figures.figures();
      return [
        ...projectedSamples(figures),
        ...(await committedLags(log, [{ group: 'suppressor', topic: 'mail.events' }])),
        ...webhookSamples(webhooks.figures, world.clock.now()),
        ...(await storedLags(log, figures.stored)),
      ];
    },
  };
}

/** They live as one; the reactors' consumers read the log directly, without a Nest transport of their own. */
function together(projector: PenstockService, ...reactors: readonly PenstockService[]): PenstockService {
  const all = [projector, ...reactors];
  return {
    consumers: all.flatMap(({ consumers }) => consumers),
    start: async () => {
      for (const service of all) await service.start();
    },
    stop: async () => {
      await Promise.all(all.map((service) => service.stop()));
    },
    notReady: () => all.map((service) => service.notReady()).find((reason) => reason !== undefined),
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
