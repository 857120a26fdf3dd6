import type { PendingAttempt } from '../commands/pending-attempt.ts';
import type { Departure } from '../ownership/succession.ts';
import { Path } from './path.ts';
import type { PathOffice } from './path-office.ts';

export type KnownThrottle = { readonly step: number; readonly until: number } | undefined;

/** The paths in use, by key. */
export class Paths {
  private readonly byKey = new Map<string, Path>();

  constructor(
    private readonly office: () => PathOffice,
    private readonly throttleOf: (key: string) => KnownThrottle,
  ) {}

  get all(): readonly Path[] {
    return [...this.byKey.values()];
  }

  of({ command }: PendingAttempt): Path {
    const { path: key, source, site, provider } = command.body;
    let path = this.byKey.get(key);
    if (!path) {
      path = new Path(this.office(), { key, source, site, provider }, this.throttleOf(key));
      this.byKey.set(key, path);
    }
    return path;
  }

  ofSources(sources: ReadonlySet<string>): readonly Path[] {
    return this.all.filter(({ identity }) => sources.has(identity.source));
  }

  forget(path: Path): void {
    if (this.byKey.get(path.identity.key) === path) this.byKey.delete(path.identity.key);
  }

  /** Resolves when the source's connections are closed. Should it come back, its paths begin anew. */
  async leave(source: string, departure: Departure): Promise<void> {
    const paths = this.ofSources(new Set([source]));
    for (const path of paths) this.forget(path);
    await Promise.all(paths.map((path) => path.leave(departure)));
  }
}
