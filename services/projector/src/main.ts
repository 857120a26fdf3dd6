import { openTracing } from '@penstock/adapter-telemetry';
import {
  type AssembledService,
  openReads,
  openStateFolder,
  projectedSamples,
  runService,
  type ServiceWorld,
  type ShellSettings,
  storedLags,
} from '@penstock/deployment';
import type { SettingsOf } from '@penstock/nest';
import { PROJECTOR_TRANSPORT, ProjectorModule } from './projector.module.ts';
import { createProjector } from './projector.ts';
import { SETTINGS } from './settings.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, telemetry, undo, keyring, owner } = world;
  const local = await openStateFolder(settings.stateDir, telemetry);
  undo.push(async () => local.close());
  const { otlpEndpoint } = settings;
  const tracing = openTracing({ otlpEndpoint, instance: owner, telemetry });
  undo.push(() => tracing.close());
  const projector = createProjector({
    ...world,
    ...(await openReads(settings, local, telemetry, undo)),
    tracing,
    setsAside: true,
  });
  return {
    service: projector,
    transportId: PROJECTOR_TRANSPORT,
    module: ProjectorModule.register(projector, keyring),
    endAnswers: () => projector.events.end(),
    samples: async () => {
      const figures = await projector.queries.figures.figures();
      return [...projectedSamples(figures), ...(await storedLags(log, figures.stored))];
    },
  };
}

const program = {
  name: 'projector',
  description: 'Folds facts into timelines, counters and lanes, and answers what people ask about them.',
  settings: SETTINGS,
  assemble,
} as const;

/** Runs the projector as this process. */
export const run = (args: readonly string[]): Promise<void> => runService(program, args);

if (import.meta.main) await run(process.argv.slice(2));
