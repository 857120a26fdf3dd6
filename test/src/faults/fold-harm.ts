/** What a power cut, a careless copy or a bad disk makes of SQLite files: any of them may be gone, older or damaged. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  openSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '@penstock/simulation';

const PAGE_BYTES = 4096;
/** The write-ahead log belongs to its file: one without the other is another database. */
const PARTS = ['', '-wal'];
/** The kernel's lock, by way of SQLite: it holds nothing. */
const LOCK = 'lock.db';

export type Harm = 'none' | 'deleted' | 'older' | 'overwritten' | 'cut' | 'half_deleted';

export class FoldHarm {
  readonly counts: Record<Harm, number> = { none: 0, deleted: 0, older: 0, overwritten: 0, cut: 0, half_deleted: 0 };

  constructor(
    private readonly dataDir: string,
    private readonly copies: string,
    private readonly random: SeededRandom,
  ) {}

  /** Nobody may have the folder open. */
  doSome(): void {
    const files = globSync('{*.db,*/*.db}', { cwd: this.dataDir }).sort();
    for (const name of files) {
      if (name === LOCK) continue;
      const harm = this.harmOf(name);
      this.counts[harm] += 1;
      if (this.random.chance(0.2)) this.copy(name);
    }
  }

  private harmOf(name: string): Harm {
    const path = join(this.dataDir, name);
    switch (this.random.below(12)) {
      case 0:
        for (const part of PARTS) rmSync(path + part, { force: true });
        return 'deleted';
      case 1:
        return this.putBack(name) ? 'older' : 'none';
      case 2:
        return this.putBack(name) ? 'older' : 'none';
      case 3:
        this.overwrite(path + this.random.pick(PARTS.filter((part) => existsSync(path + part))));
        return 'overwritten';
      case 4:
        this.cut(path + this.random.pick(PARTS.filter((part) => existsSync(path + part))));
        return 'cut';
      case 5:
        rmSync(path, { force: true });
        return 'half_deleted';
      default:
        return 'none';
    }
  }

  private copy(name: string): void {
    const path = join(this.dataDir, name);
    if (!existsSync(path)) return;
    const to = join(this.copies, name);
    mkdirSync(join(to, '..'), { recursive: true });
    for (const part of PARTS) {
      rmSync(to + part, { force: true });
      if (existsSync(path + part)) copyFileSync(path + part, to + part);
    }
  }

  private putBack(name: string): boolean {
    const from = join(this.copies, name);
    if (!existsSync(from)) return false;
    for (const part of PARTS) {
      const path = join(this.dataDir, name) + part;
      rmSync(path, { force: true });
      if (existsSync(from + part)) copyFileSync(from + part, path);
    }
    return true;
  }

  /** A few pages are zeros or rubbish. */
  private overwrite(path: string): void {
    const pages = Math.max(1, Math.floor(statSync(path).size / PAGE_BYTES));
    const file = openSync(path, 'r+');
    for (let n = this.random.between(1, 4); n > 0; n--) {
      const page = Buffer.alloc(PAGE_BYTES);
      if (this.random.chance(0.7)) page.set(this.random.bytes(PAGE_BYTES));
      writeSync(file, page, 0, undefined, this.random.below(pages) * PAGE_BYTES);
    }
    closeSync(file);
  }

  private cut(path: string): void {
    truncateSync(path, this.random.below(statSync(path).size + 1));
  }
}
