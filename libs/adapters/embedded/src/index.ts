export { type FolderLock, FolderLockedError, lockFolder } from './folder-lock.ts';
export { type Folds, type FoldsOptions, openFolds } from './folds/open-folds.ts';
export { type LocalState, openLocalState } from './folds/open-local-state.ts';
export type { FollowerSettings } from './follower/follower-messages.ts';
export { type FollowedLog, followLog } from './follower/following-log.ts';
export { type Embedded, type EmbeddedOptions, openEmbedded } from './open-embedded.ts';
export { DamagedSegmentError } from './segments/segment-errors.ts';
export {
  type CreateSegmentFiles,
  createSegmentFiles,
  type SegmentFiles,
  type SegmentFilesModule,
} from './segments/segment-files.ts';
export { DURABLE_BOUNDS_MS, type LogStatistics } from './segments/writer-statistics.ts';
