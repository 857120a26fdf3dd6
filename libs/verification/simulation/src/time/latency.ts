import type { SeededRandom } from './seeded-random.ts';

/** Mostly quick, now and then slow enough that calls overtake each other. Milliseconds. */
export function latency(random: SeededRandom, usualMs = 3, slowMs = 60): number {
  return random.chance(0.04) ? random.between(usualMs, slowMs) : random.between(0, usualMs);
}
