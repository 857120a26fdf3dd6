export type { ContentSweeper, RetentionRule } from './content/content-sweeper.ts';
export type { PackingOptions } from './content/packed-content-store.ts';
export type { ContentDeps, SharedContent, SharedContentOptions } from './open-content.ts';
export { type FolderContentOptions, openFolderContent } from './open-folder-content.ts';
export { openS3Content, type S3ContentOptions } from './open-s3-content.ts';
export { StorageSetupError, StorageUnavailableError } from './storage/object-storage.ts';
