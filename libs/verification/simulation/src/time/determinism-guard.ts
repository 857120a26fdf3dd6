import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

/** Code under simulation reached for time, chance or timers past its ports. */
export class DeterminismViolation extends Error {
  override readonly name = 'DeterminismViolation';
}

type Patch = readonly [target: object, key: string];

const POISONED: readonly Patch[] = [
  [Math, 'random'],
  [performance, 'now'],
  [globalThis, 'setTimeout'],
  [globalThis, 'setInterval'],
  [globalThis, 'setImmediate'],
  [globalThis.crypto, 'randomUUID'],
  [globalThis.crypto, 'getRandomValues'],
  [crypto, 'randomUUID'],
  [crypto, 'randomBytes'],
  [crypto, 'randomFillSync'],
  [crypto, 'randomInt'],
];

type Report = (violation: DeterminismViolation) => void;

/**
 * Runs `body` with the globals poisoned; restores them whatever happens. One run at a time per process. Each
 * violation is reported besides being thrown, since the code under test may catch it.
 */
export async function withDeterminism<T>(body: () => Promise<T>, report: Report): Promise<T> {
  const restores = POISONED.map(([target, key]) => replace(target, key, poison(key, report)));
  restores.push(replace(globalThis, 'Date', poisonedDate(report)));
  syncBuiltinESMExports();
  try {
    return await body();
  } finally {
    for (const restore of restores.reverse()) restore();
    syncBuiltinESMExports();
  }
}

function poison(name: string, report: Report): () => never {
  return () => {
    const violation = new DeterminismViolation(`${name} was called in a simulation: use Clock, Timers or Random`);
    report(violation);
    throw violation;
  };
}

/** `new Date(ms)` stays; the present does not. */
function poisonedDate(report: Report): DateConstructor {
  const now = poison('Date.now', report);
  const present = poison('new Date()', report);
  return new Proxy(Date, {
    construct: (target, args: readonly unknown[], newTarget) =>
      args.length === 0 ? present() : Reflect.construct(target, args, newTarget),
    apply: () => present(),
    get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
  });
}

function replace(target: object, key: string, value: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, {
    value,
    configurable: true,
    writable: true,
    enumerable: own?.enumerable ?? false,
  });
  return () => {
    if (own) Object.defineProperty(target, key, own);
    else Reflect.deleteProperty(target, key);
  };
}
