import { SmallDisk } from '../../small-disk.ts';
import { DISKS } from './cast.ts';

/** For the content of a run of ten minutes, and to be filled in a moment. */
const MEGABYTES = 192;

/** Small file systems that can be filled, for what a run puts on them. */
export class Disks {
  private constructor(private readonly mounted: ReadonlyMap<string, SmallDisk>) {}

  static readonly none = new Disks(new Map());

  /** Undefined where this user may not mount. */
  static mount(): Disks | undefined {
    const mounted = new Map<string, SmallDisk>();
    for (const name of DISKS) {
      const disk = SmallDisk.mount(MEGABYTES);
      if (!disk) {
        for (const each of mounted.values()) each.unmount();
        return undefined;
      }
      mounted.set(name, disk);
    }
    return new Disks(mounted);
  }

  /** Where the disk is; undefined where the run does without. */
  path(name: string): string | undefined {
    return this.mounted.get(name)?.path;
  }

  /** @throws Error for a disk there is not */
  disk(name: string): SmallDisk {
    const disk = this.mounted.get(name);
    if (!disk) throw new Error(`no disk ${name}`);
    return disk;
  }

  unmount(): void {
    for (const disk of this.mounted.values()) disk.unmount();
  }
}
