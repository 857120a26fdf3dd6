export { type EventStoreArchive, type EventStoreOptions, openEventStoreArchive } from './open-archive.ts';
