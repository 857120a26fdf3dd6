/** Wall clocks of services that can be moved while they run, by libfaketime (https://github.com/wolfcw/libfaketime). */
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOCK_INSTANCES } from './cast.ts';

const LIBRARIES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib', '/usr/lib64'].map(
  (folder) => `${folder}/faketime/libfaketime.so.1`,
);

export class Clocks {
  private readonly shifted = new Set<string>();

  private constructor(
    private readonly folder: string,
    private readonly library: string | undefined,
  ) {}

  static none(): Clocks {
    return new Clocks('', undefined);
  }

  /** Undefined where libfaketime is not installed. */
  static find(folder: string): Clocks | undefined {
    const library = LIBRARIES.find((path) => existsSync(path));
    if (library === undefined) return undefined;
    const clocks = new Clocks(folder, library);
    for (const name of CLOCK_INSTANCES) clocks.shift(name, 0);
    return clocks;
  }

  /** What an instance has to be started with; nothing for one whose clock stays as it is. */
  environmentOf(name: string): Readonly<Record<string, string>> {
    if (this.library === undefined || !CLOCK_INSTANCES.includes(name)) return {};
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file(name),
      // Seconds between looks at the file.
      FAKETIME_CACHE_DURATION: '1',
      // Waits and intervals go on as they are, as with a real clock that is set.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** From within a second on its clock is ahead by so much, or behind. */
  shift(name: string, byMs: number): void {
    const seconds = Math.round(byMs / 1_000);
    if (seconds === 0) this.shifted.delete(name);
    else this.shifted.add(name);
    const file = this.file(name);
    // In one step: a file that is half written would be no time at all.
    writeFileSync(`${file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    renameSync(`${file}.new`, file);
  }

  isRight(name: string): boolean {
    return !this.shifted.has(name);
  }

  private file(name: string): string {
    return join(this.folder, `${name}.clock`);
  }
}
