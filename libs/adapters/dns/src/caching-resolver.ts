import type { AddressAnswer, Clock, MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';

/** A failure is asked again soon, but not by every delivery at once. */
const FAILURE_TTL_MS = 5000;
const NO_ADDRESS_TTL_MS = 60_000;

interface Remembered<A> {
  readonly answer: Promise<A>;
  /** Monotonic ms; until the answer is there, it does not expire. */
  expiresAt: number;
}

/** Remembers answers for their time to live, bounded; equal questions asked together are asked once. */
export class CachingResolver implements Resolver {
  private readonly mx = new Map<string, Remembered<MxAnswer>>();
  private readonly addresses = new Map<string, Remembered<AddressAnswer>>();

  constructor(
    private readonly inner: Resolver,
    private readonly clock: Clock,
    private readonly options: { readonly maxEntries: number; readonly maxTtlMs: number } = {
      maxEntries: 100_000,
      maxTtlMs: 3_600_000,
    },
  ) {}

  resolveMx(domain: string): Promise<MxAnswer> {
    return this.remember(this.mx, domain, () => this.inner.resolveMx(domain));
  }

  resolveAddresses(host: string): Promise<AddressAnswer> {
    return this.remember(this.addresses, host, () => this.inner.resolveAddresses(host));
  }

  /** Not remembered: asked by people who have just published a record. */
  resolveTxt(name: string): Promise<TxtAnswer> {
    return this.inner.resolveTxt(name);
  }

  private remember<A extends MxAnswer | AddressAnswer>(
    known: Map<string, Remembered<A>>,
    name: string,
    ask: () => Promise<A>,
  ): Promise<A> {
    const held = known.get(name);
    if (held && held.expiresAt > this.clock.monotonic()) return held.answer;
    known.delete(name);
    const fresh: Remembered<A> = { answer: ask(), expiresAt: Number.POSITIVE_INFINITY };
    known.set(name, fresh);
    void fresh.answer.then(
      (answer) => {
        fresh.expiresAt = this.clock.monotonic() + Math.min(ttlOf(answer), this.options.maxTtlMs);
      },
      () => {
        if (known.get(name) === fresh) known.delete(name);
      },
    );
    for (const oldest of known.keys()) {
      if (known.size <= this.options.maxEntries) break;
      known.delete(oldest);
    }
    return fresh.answer;
  }
}

function ttlOf(answer: MxAnswer | AddressAnswer): number {
  if (answer.kind === 'failure') return FAILURE_TTL_MS;
  if (answer.kind === 'none') return NO_ADDRESS_TTL_MS;
  return answer.ttlMs;
}
