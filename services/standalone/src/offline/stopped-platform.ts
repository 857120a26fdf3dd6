import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyring, hashApiKey, type Scope } from '@penstock/access';
import { FolderLockedError, openEmbedded } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { StartupError, UndoStack } from '@penstock/deployment';
import { HTTP_SERVER_OPTIONS, HttpErrorsFilter } from '@penstock/nest';
import type { Telemetry } from '@penstock/ports';
import { createProjector, ProjectorModule } from '@penstock/projector';

export interface StoppedPlatformOptions {
  readonly dataDir: string;
  readonly telemetry: Telemetry;
  readonly onFatal: (error: Error) => void;
}

/** A door to the log and the read models of a folder whose platform does not run. */
export interface StoppedPlatform {
  /** On loopback. */
  readonly url: string;
  /** Made for this one time; may operate. */
  readonly key: string;
  close(): Promise<void>;
}

const GROUP = 'projector';

/**
 * Holds the folder while it is open. Read models are folded up to the end of the log, nothing else is: no mail moves and
 * the archive is not written.
 *
 * @throws StartupError where the folder is none of a platform, or in use
 */
export async function openStoppedPlatform(options: StoppedPlatformOptions): Promise<StoppedPlatform> {
  const undo = new UndoStack();
  try {
    return await assemble(options, undo);
  } catch (error) {
    await undo.run();
    if (!(error instanceof FolderLockedError)) throw error;
    throw new StartupError(
      `a platform runs on ${resolve(options.dataDir)}: stop it, or leave --data-dir out to have it do the work`,
    );
  }
}

async function assemble({ dataDir, telemetry, onFatal }: StoppedPlatformOptions, undo: UndoStack) {
  const folder = resolve(dataDir);
  // Opening would make it.
  if (!existsSync(join(folder, 'segments'))) throw new StartupError(`${folder} is not the data folder of a platform`);
  const engine = await openEmbedded({ dataDir: folder, telemetry, onFatal });
  undo.push(() => engine.close());
  const { log, readModels, archive } = engine;
  const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
  const projector = createProjector({ ...world, log, readModels, archive });
  await projector.start();
  undo.push(() => projector.stop());
  for (const consumer of projector.consumers.filter(({ group }) => group === GROUP)) {
    const member = await log.join(consumer);
    undo.push(() => member.leave());
  }
  const key = Buffer.from(systemRandom.bytes(24)).toString('base64url');
  const scopes = new Set<Scope>(['operate']);
  const keyring = new ApiKeyring([{ tenant: 'default', class: 'bulk', scopes, hash: hashApiKey(key) }]);
  const app = await NestFactory.create<NestFastifyApplication>(
    ProjectorModule.register(projector, keyring),
    new FastifyAdapter(HTTP_SERVER_OPTIONS),
    { logger: false, abortOnError: false },
  );
  undo.push(() => app.close());
  app.useGlobalFilters(new HttpErrorsFilter(telemetry));
  await app.listen(0, '127.0.0.1');
  // Before the door is closed, which waits for every answer.
  undo.push(() => projector.events.end());
  return { url: await app.getUrl(), key, close: () => undo.run() };
}
