import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Telemetry } from '@penstock/ports';

const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/** Nothing here needs more safety than this: a fold that is lost is folded again (SQLite's own words in pragma.html). */
const PRAGMAS = `
  PRAGMA locking_mode = EXCLUSIVE;
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  PRAGMA wal_autocheckpoint = 4000;
  PRAGMA cache_size = -16000;
`;
const TRY_AGAIN_MS = 500;
/** A larger file is not read whole at a start; damage in it shows in use. */
const CHECKED_BYTES = 2 ** 30;
const POSITIONS = 'CREATE TABLE positions (name TEXT PRIMARY KEY, position INTEGER NOT NULL) WITHOUT ROWID;';

export interface FoldSchema {
  /** Raised with every change of the tables: a fold in older ones is made anew. */
  readonly version: number;
  /** SQL that makes the tables. */
  readonly tables: string;
  /** Small pages where single rows change here and there, large ones where rows are added side by side. */
  readonly pageBytes: number;
  /** A query that answers a row where a value cannot be what was written. */
  readonly damage?: string;
}

/** A fold's file: its tables and the positions they stand for, changed together. */
export class SqliteFile {
  private readonly begin: StatementSync;
  private readonly commit: StatementSync;
  private readonly rollback: StatementSync;
  private readonly upsertPosition: StatementSync;
  private waiting: Promise<void> | undefined;
  private closed = false;

  private constructor(
    private readonly path: string,
    private readonly db: DatabaseSync,
    private readonly telemetry: Telemetry,
  ) {
    this.begin = db.prepare('BEGIN IMMEDIATE');
    this.commit = db.prepare('COMMIT');
    this.rollback = db.prepare('ROLLBACK');
    this.upsertPosition = db.prepare(
      'INSERT INTO positions VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET position = excluded.position',
    );
  }

  /** Opens or makes the file. One that cannot be read is moved aside and made anew, empty, with a warning. */
  static open(path: string, schema: FoldSchema, telemetry: Telemetry): SqliteFile {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    let why = existsSync(markerOf(path)) ? 'found damaged while in use' : undefined;
    if (why === undefined) {
      try {
        return new SqliteFile(path, connect(path, schema), telemetry);
      } catch (error) {
        // Where there is no room nothing can be said of the file, and none could be made in its place.
        if (!existsSync(path) || codeOf(error) === SQLITE_FULL) throw error;
        why = String(error);
      }
    }
    moveAside(path);
    telemetry.log('warn', 'fold_moved_aside', { path, why, next: 'it is folded again from the log' });
    return new SqliteFile(path, connect(path, schema), telemetry);
  }

  prepare(sql: string): StatementSync {
    return this.db.prepare(sql);
  }

  /** Runs `work` in one transaction; what it throws undoes all of it. */
  transaction(work: () => void): void {
    this.guarded(() => {
      this.begin.run();
      try {
        work();
        this.commit.run();
      } catch (error) {
        if (this.db.isTransaction) this.rollback.run();
        throw error;
      }
    });
  }

  /**
   * Does the work, again and again while the disk is full: a fold is written behind, and whoever writes it waits. Each
   * try is to do all of it. What is asked for meanwhile waits its turn.
   */
  async whenRoom(work: () => void): Promise<void> {
    if (this.waiting) return this.queued(work);
    try {
      work();
    } catch (error) {
      if (codeOf(error) !== SQLITE_FULL) throw error;
      this.telemetry.log('warn', 'fold_waits_for_room', { path: this.path });
      return this.queued(work);
    }
  }

  private queued(work: () => void): Promise<void> {
    const turn = (this.waiting ?? Promise.resolve()).then(() => this.insist(work));
    const ended = () => {
      if (this.waiting === settled) this.waiting = undefined;
    };
    const settled: Promise<void> = turn.then(ended, ended);
    this.waiting = settled;
    return turn;
  }

  private async insist(work: () => void): Promise<void> {
    for (;;) {
      if (this.closed) throw new Error(`${this.path} was closed while the disk was full`);
      try {
        work();
        return;
      } catch (error) {
        if (codeOf(error) !== SQLITE_FULL) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
    }
  }

  /** A read or write; if it meets damage, the next start makes the file anew instead of meeting it again. */
  guarded<R>(work: () => R): R {
    try {
      return work();
    } catch (error) {
      const code = codeOf(error);
      if (code !== SQLITE_CORRUPT && code !== SQLITE_NOTADB) throw error;
      writeFileSync(markerOf(this.path), '');
      throw new Error(`${this.path} is damaged; a restart moves it aside and folds it again`, { cause: error });
    }
  }

  positions(): Map<string, number> {
    const rows = this.guarded(() => this.db.prepare('SELECT name, position FROM positions').all());
    return new Map(rows.map(({ name, position }) => [String(name), Number(position)]));
  }

  setPosition(name: string, position: number): void {
    this.upsertPosition.run(name, position);
  }

  close(): void {
    this.closed = true;
    this.db.close();
  }
}

/** SQLite's own number, without what it is extended by. */
function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff;
}

function connect(path: string, schema: FoldSchema): DatabaseSync {
  // Who closes in order leaves none. What a crash left behind is looked at before anybody builds on it.
  const crashed = existsSync(`${path}-wal`);
  const db = new DatabaseSync(path);
  try {
    db.exec(`PRAGMA page_size = ${schema.pageBytes}; ${PRAGMAS}`);
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version === 0) {
      db.exec(`BEGIN; ${POSITIONS} ${schema.tables} PRAGMA user_version = ${schema.version}; COMMIT`);
    } else if (version !== schema.version) {
      throw new Error(`schema version ${version}, this release has ${schema.version}`);
    }
    db.prepare('SELECT count(*) FROM positions').get();
    if (crashed && statSync(path).size <= CHECKED_BYTES) check(db, schema);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** @throws Error where a page or a value is damaged. A page torn or lost shows here; a bit that turned inside a value need not. */
function check(db: DatabaseSync, { damage }: FoldSchema): void {
  const found = db.prepare('PRAGMA quick_check(1)').get()?.quick_check;
  if (found !== 'ok') throw new Error(`damaged: ${found}`);
  if (damage !== undefined && db.prepare(damage).get() !== undefined) throw new Error('damaged: a value is not JSON');
}

function moveAside(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, `${path}.aside${suffix}`);
  }
  rmSync(markerOf(path), { force: true });
}

function markerOf(path: string): string {
  return `${path}.damaged`;
}
