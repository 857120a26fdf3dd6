import type { Clock } from '@penstock/ports';

const QUIET_MS = 60_000;
/** Different things to remember: what is beyond is told as if it were new. */
const MAX_KNOWN = 200;

interface Told {
  readonly atMs: number;
  unheard: number;
}

/** What was told already, so that the same is not told at every try. */
export class Repeats {
  private readonly known = new Map<string, Told>();

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {}

  /** How often the same was left out since it was last told; undefined if it is to be left out now. */
  of(what: string): number | undefined {
    const now = this.clock.monotonic();
    const told = this.known.get(what);
    if (told && now - told.atMs < QUIET_MS) {
      told.unheard++;
      return undefined;
    }
    if (this.known.size >= MAX_KNOWN) this.known.clear();
    this.known.set(what, { atMs: now, unheard: 0 });
    return told?.unheard ?? 0;
  }
}
