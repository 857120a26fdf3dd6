import { resolve } from 'node:path';
import type { ContentPlace } from '@penstock/nest';
import type { ContentStore, Telemetry } from '@penstock/ports';
import { prepareDataFolder } from '../startup/data-folder.ts';
import { StartupError } from '../startup/startup-error.ts';
import type { UndoStack } from '../startup/undo-stack.ts';

export interface ContentSettings {
  readonly content: ContentPlace;
  readonly s3Endpoint: string | undefined;
  readonly s3Region: string;
  readonly s3AccessKeyId: string | undefined;
  readonly s3SecretAccessKey: string | undefined;
}

type ClosableContent = ContentStore & { close?(): Promise<void> };
type OpenContent = (options: object) => Promise<ClosableContent>;

/** @throws StartupError where the folder or the bucket cannot be used */
export async function openContent(
  settings: ContentSettings,
  telemetry: Telemetry,
  undo: UndoStack,
): Promise<ContentStore> {
  const { content } = settings;
  const adapter: Readonly<Record<string, unknown>> = await import('@penstock/adapter-s3');
  const store =
    content.kind === 'folder'
      ? await openFolder(adapter.openFolderContent as OpenContent, content.folder, telemetry)
      : await openBucket(adapter.openS3Content as OpenContent, content, settings, telemetry);
  undo.push(() => store.close?.());
  return store;
}

async function openFolder(open: OpenContent, given: string, telemetry: Telemetry): Promise<ClosableContent> {
  const folder = resolve(given);
  await prepareDataFolder(folder, 'PENSTOCK_CONTENT');
  return open({ folder, telemetry });
}

async function openBucket(
  open: OpenContent,
  { bucket, prefix }: Extract<ContentPlace, { kind: 's3' }>,
  { s3Endpoint: endpoint, s3Region: region, s3AccessKeyId, s3SecretAccessKey }: ContentSettings,
  telemetry: Telemetry,
): Promise<ClosableContent> {
  if ((s3AccessKeyId === undefined) !== (s3SecretAccessKey === undefined)) {
    const missing = s3AccessKeyId === undefined ? 'PENSTOCK_S3_ACCESS_KEY_ID' : 'PENSTOCK_S3_SECRET_ACCESS_KEY';
    throw new StartupError(`${missing} is not set: key and secret belong together, set both or neither`);
  }
  const credentials = s3AccessKeyId !== undefined &&
    s3SecretAccessKey !== undefined && { accessKeyId: s3AccessKeyId, secretAccessKey: s3SecretAccessKey };
  try {
    return await open({ bucket, prefix, endpoint, region, ...credentials, telemetry });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`PENSTOCK_CONTENT: the bucket ${bucket} cannot be used: ${reason}`);
  }
}
