import { isAbsolute, resolve } from 'node:path';
import type { ContentDeps, SharedContent } from '@penstock/adapter-s3';
import type { ContentPlace } from '@penstock/nest';
import { StartupError } from '../startup/startup-error.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

export interface ContentSettings {
  readonly content: ContentPlace;
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string;
  readonly s3AccessKeyId: string | undefined;
  readonly s3SecretAccessKey: string | undefined;
}

/** @throws StartupError where the folder or the bucket cannot be used */
export async function openContent(
  settings: ContentSettings,
  deps: ContentDeps,
  undo: UndoStack,
): Promise<SharedContent> {
  const { openFolderContent, openS3Content } = await import('@penstock/adapter-s3');
  const { content } = settings;
  const { clock, timers, random, telemetry } = deps;
  const world = { clock, timers, random, telemetry };
  try {
    const store =
      content.kind === 'folder'
        ? await openFolderContent({ ...world, ...folderOf(content) })
        : await openS3Content({ ...world, ...bucketOf(content, settings) });
    undo.push(() => store.close());
    return store;
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(`PENSTOCK_CONTENT: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** A relative folder is this host's own and made; an absolute one may be a drive, and then it is told that it is missing. */
function folderOf({ folder }: Extract<ContentPlace, { kind: 'folder' }>) {
  return { folder: resolve(folder), create: !isAbsolute(folder) };
}

function bucketOf(
  { bucket, prefix }: Extract<ContentPlace, { kind: 's3' }>,
  { s3Endpoint: endpoint, s3Region: region, s3AccessKeyId, s3SecretAccessKey }: ContentSettings,
) {
  if ((s3AccessKeyId === undefined) !== (s3SecretAccessKey === undefined)) {
    const missing = s3AccessKeyId === undefined ? 'PENSTOCK_S3_ACCESS_KEY_ID' : 'PENSTOCK_S3_SECRET_ACCESS_KEY';
    throw new StartupError(`${missing} is not set: key and secret belong together, set both or neither`);
  }
  return {
    bucket,
    prefix,
    region,
    ...(endpoint !== undefined && { endpoint }),
    ...(s3AccessKeyId !== undefined &&
      s3SecretAccessKey !== undefined && { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey }),
  };
}
