import type { Random } from '@penstock/ports';

/** 60 random bits in letters and digits: names of processes, claims and groups. */
export function randomName(random: Random): string {
  const bytes = random.bytes(12);
  let name = '';
  for (const byte of bytes) name += ALPHABET[byte & 31];
  return name;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
