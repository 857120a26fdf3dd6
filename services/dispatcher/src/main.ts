import { SigningPool } from '@penstock/adapter-dkim';
import { SmtpTransport, SocketReach } from '@penstock/adapter-smtp';
import {
  type AssembledService,
  committedLags,
  dispatcherSamples,
  formerOwners,
  openContent,
  openServiceResolver,
  requiredSecretKey,
  runService,
  type ServiceWorld,
  type ShellSettings,
} from '@penstock/deployment';
import type { SettingsOf } from '@penstock/nest';
import { DISPATCHER_TRANSPORT, DispatcherModule } from './dispatcher.module.ts';
import { createDispatcher } from './dispatcher.ts';
import { SETTINGS } from './settings.ts';

type Settings = SettingsOf<typeof SETTINGS> & ShellSettings;

async function assemble(world: ServiceWorld<Settings>): Promise<AssembledService> {
  const { settings, log, undo, owner, telemetry } = world;
  const secretKey = secretKeyOf(settings);
  const content = await openContent(settings, world, undo);
  const signer = new SigningPool({ secretKey });
  undo.push(() => signer.close());
  const resolver = await openServiceResolver(settings, world);
  const transport = new SmtpTransport();
  const reach = new SocketReach();
  const { stateDir } = settings;
  const former = stateDir === undefined ? undefined : await formerOwners({ folder: stateDir, owner, telemetry });
  // Not before the process ends, whatever still leaves it: whoever has the lock takes this one for dead.
  process.once('exit', () => former?.lock?.release());
  const dispatcher = createDispatcher({
    ...world,
    content,
    resolver,
    transport,
    signer,
    reach,
    formerOwners: former?.owners ?? [],
  });
  return {
    service: dispatcher,
    transportId: DISPATCHER_TRANSPORT,
    module: DispatcherModule.register(dispatcher),
    alsoJoined: [resolver.consumer],
    followsToTheEnd: true,
    samples: async () => [
      ...dispatcherSamples(dispatcher.figures()),
      ...(await committedLags(log, [{ group: 'dispatcher', topic: 'mail.attempts' }])),
    ],
  };
}

function secretKeyOf(settings: Settings): Uint8Array {
  return requiredSecretKey(settings, "DKIM keys are sealed under it; it is ingest's, the same for every process");
}

const program = {
  name: 'dispatcher',
  description:
    'Owns sources: hands mail to the mailbox providers at the pace each accepts, and reports what became of it.',
  settings: SETTINGS,
  check: secretKeyOf,
  assemble,
} as const;

/** Runs the dispatcher as this process. */
export const run = (args: readonly string[]): Promise<void> => runService(program, args);

if (import.meta.main) await run(process.argv.slice(2));
