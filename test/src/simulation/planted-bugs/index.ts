import { budgetSpentTwice } from './budget-spent-twice.ts';
import { claimIgnored } from './claim-ignored.ts';
import { commandBeforeReadBack } from './command-before-read-back.ts';
import { heldCountedAsAttempt } from './held-counted-as-attempt.ts';
import { inDoubtSent } from './in-doubt-sent.ts';
import { offsetBeforeEffect } from './offset-before-effect.ts';
import { pathStateSeenByOne } from './path-state-seen-by-one.ts';
import type { PlantedBug } from './planted-bug.ts';
import { terminalOverwritten } from './terminal-overwritten.ts';

export type { PlantedBug } from './planted-bug.ts';

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'offset before effect': offsetBeforeEffect,
  'command sent before its release is read back': commandBeforeReadBack,
  'claim ignored': claimIgnored,
  'budget spent twice': budgetSpentTwice,
  'held counted as an attempt': heldCountedAsAttempt,
  'terminal fact overwritten': terminalOverwritten,
  'in-doubt command sent': inDoubtSent,
  'path state seen by one partition only': pathStateSeenByOne,
};
