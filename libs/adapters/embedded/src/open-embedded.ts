import { join } from 'node:path';
import { EMBEDDED_PARTITIONS, TOPICS, type Topic } from '@penstock/events';
import type { Archive, ContentStore, EventLog, ReadModels, StateStore, StorageRoom, Telemetry } from '@penstock/ports';
import { ContentCache } from './content/content-cache.ts';
import { SegmentContentStore } from './content/segment-content-store.ts';
import { DiskRoom } from './disk-room.ts';
import { lockFolder } from './folder-lock.ts';
import { foldsWhenAsked } from './folds/open-folds.ts';
import { SqliteStores } from './folds/sqlite-stores.ts';
import type { FollowerSettings } from './follower/follower-messages.ts';
import { LogFeed } from './follower/log-feed.ts';
import { CommittedOffsets } from './log/committed-offsets.ts';
import { EmbeddedEventLog } from './log/embedded-event-log.ts';
import { FRAME_TYPE } from './segments/frame.ts';
import { GroupWriter, type GroupWriterOptions } from './segments/group-writer.ts';
import { type RecoveredSegments, recoverSegments } from './segments/recovery.ts';
import { Retention } from './segments/retention.ts';
import type { SegmentFilesModule } from './segments/segment-files.ts';
import { SegmentReader } from './segments/segment-reader.ts';
import type { LogStatistics } from './segments/writer-statistics.ts';

const MIB = 1024 * 1024;

export interface EmbeddedOptions {
  /** Made if absent. One process at a time. */
  readonly dataDir: string;
  readonly telemetry: Telemetry;
  /** A write or sync failed: nothing more will become durable, and the process has to end. Called once. */
  readonly onFatal: (error: Error) => void;
  /** Partition counts that differ from the engine's own. */
  readonly partitions?: Partial<Record<Topic, number>>;
  /** A segment is full at this size, 128 MiB if absent. */
  readonly segmentBytes?: number;
  /** Encoded bytes of the youngest records kept in memory for readers, 16 MiB if absent. */
  readonly tailBytes?: number;
  /** Bytes of content kept in memory, 64 MiB if absent. */
  readonly contentCacheBytes?: number;
  /** Kept free and kept back for a full disk, see DiskRoom; none if absent. */
  readonly reserveBytes?: number;
  /** Segments are deleted when everything in them is older, ms; never if absent. */
  readonly retentionMs?: number;
  /** What writes instead of the disk. */
  readonly files?: SegmentFilesModule;
}

/** The embedded engine: everything in one folder of this machine, no server. */
export interface Embedded {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly state: StateStore;
  /** Opened when first asked for: where another thread has the folds, nobody asks. See `openFolds`. */
  readonly readModels: ReadModels;
  readonly archive: Archive;
  /** Lets another thread read the log, with `followLog`: to be passed to it, the port transferred. */
  follow(): Promise<FollowerSettings>;
  readonly room: StorageRoom;
  /** What the log has written since it was opened. */
  readonly statistics: LogStatistics;
  /** Deletes what is older than the retention, as happens by itself from time to time; answers how many segments. */
  retire(): Promise<number>;
  /** After every consumer has left: makes what was appended durable and lets go of the folder. */
  close(): Promise<void>;
}

/**
 * Opens the folder, recovering what a crash left behind.
 *
 * @throws FolderLockedError where another process has it
 * @throws DamagedSegmentError where durable bytes are damaged
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const lock = lockFolder(options.dataDir);
  try {
    return assemble(options, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function assemble(options: EmbeddedOptions, lock: { release(): void }): Embedded {
  const { dataDir, telemetry, retentionMs } = options;
  const folder = join(dataDir, 'segments');
  const recovered = recoverSegments(folder, telemetry);
  const { catalogue, salt } = recovered;
  const reader = new SegmentReader(folder, salt);
  const committed = new CommittedOffsets(
    recovered.committed,
    (bytes) => (writer.failed ? undefined : writer.place(FRAME_TYPE.positions, bytes)),
    options.partitions?.[TOPICS.submissions] ?? EMBEDDED_PARTITIONS[TOPICS.submissions],
  );
  const room = new DiskRoom({ dataDir, telemetry, reserveBytes: options.reserveBytes ?? 0 });
  const state = new SqliteStores(join(dataDir, 'state'), telemetry);
  const folds = foldsWhenAsked({ dataDir, telemetry });
  const writer = openWriter(options, recovered, {
    folder,
    nextOffsets: () => log.nextOffsets(),
    committed: () => committed.all(),
    durable: (durableSegment, end) => feed.advance(durableSegment, end),
    onFull: () => room.metFullDisk(),
  });
  const log = new EmbeddedEventLog({
    writer,
    catalogue,
    reader,
    committed,
    nextOffsets: recovered.nextOffsets,
    partitions: options.partitions ?? {},
    tailBytes: options.tailBytes ?? 16 * MIB,
  });
  const feed = new LogFeed({ folder, salt, log, catalogue, writer });
  const needed = [async () => committed.needed(), () => state.lowestPositions([TOPICS.submissions])];
  const files = { folder, salt, catalogue, reader };
  const retention = new Retention({ ...files, telemetry, retentionMs, needed, retired: () => log.retired() });
  return {
    log,
    content: new SegmentContentStore(writer, reader, new ContentCache(options.contentCacheBytes ?? 64 * MIB)),
    state,
    room,
    retire: () => retention.run(),
    get readModels() {
      return folds.readModels;
    },
    get archive() {
      return folds.archive;
    },
    statistics: writer.statistics,
    follow: () => feed.follow(),
    close: async () => {
      feed.close();
      await room.close();
      await retention.close();
      committed.write();
      await writer.close();
      await reader.close();
      for (const fold of [state, folds]) fold.close();
      lock.release();
    },
  };
}

type WriterParts = Pick<GroupWriterOptions, 'folder' | 'nextOffsets' | 'committed' | 'durable' | 'onFull'>;

function openWriter(options: EmbeddedOptions, recovered: RecoveredSegments, parts: WriterParts): GroupWriter {
  const { telemetry, files, segmentBytes = 128 * MIB } = options;
  return new GroupWriter({
    ...recovered,
    ...parts,
    segmentBytes,
    files,
    sealed: (full, bytes) => recovered.catalogue.seal(full, bytes),
    onFatal: (error) => {
      telemetry.log('error', 'log_write_failed', { error: error.message });
      options.onFatal(error);
    },
    onIndexFailed: (message) => telemetry.log('warn', 'segment_index_not_written', { error: message }),
  });
}
