/** Runs that once failed, made small, and kept: `kept-seeds.json` beside this file's source. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { SeedCase } from './seed-case.ts';

export interface KeptSeed extends SeedCase {
  /** What it said when it failed. */
  readonly found: string;
}

const FILE = new URL('../../src/simulation/kept-seeds.json', import.meta.url);

export function keptSeeds(): readonly KeptSeed[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as readonly KeptSeed[];
}

export function keep(one: KeptSeed): void {
  const others = keptSeeds().filter(({ seed, planted }) => seed !== one.seed || planted !== one.planted);
  writeFileSync(FILE, `${JSON.stringify([...others, one], undefined, 2)}\n`);
}
