/** A mailbox provider that takes every mail at its second try, and remembers when it was tried. */
import type { DirectoryEntry } from '@penstock/testing';
import { SANDBOX_DIRECTORY } from '@penstock/testing';

export const SECOND_TRY_DOMAIN = 'second-try.example';

export class SecondTry {
  /** By recipient: ms since the epoch of each try. */
  readonly tries = new Map<string, number[]>();

  /** The sandbox's providers and this one. */
  get directory(): readonly DirectoryEntry[] {
    return [...SANDBOX_DIRECTORY, this.entry()];
  }

  private entry(): DirectoryEntry {
    return {
      name: 'second-try',
      host: `mx.${SECOND_TRY_DOMAIN}`,
      domains: [SECOND_TRY_DOMAIN],
      expect: 'every mail is taken at its second try',
      character: (clock) => ({
        rcptTo: ({ recipient }) => {
          const tries = this.tries.get(recipient) ?? [];
          this.tries.set(recipient, [...tries, clock.now()]);
          return tries.length > 0 ? undefined : { code: 451, text: '4.3.2 Not now, try again' };
        },
      }),
    };
  }
}
