/** Who is who in the sandbox: domains, their MX hosts and what to expect there. */
import type { Clock } from '@penstock/ports';
import { type Character, together } from './character.ts';
import { greylisting } from './characters/greylisting.ts';
import { mailboxes } from './characters/mailboxes.ts';
import { blockedGreeting, droppedAnswers, slowness } from './characters/paths.ts';
import { rateLimits } from './characters/rate-limits.ts';
import { serverBusy } from './characters/server-busy.ts';

export interface DirectoryEntry {
  readonly name: string;
  readonly host: string;
  readonly domains: readonly string[];
  /** One line for people. */
  readonly expect: string;
  readonly character: (clock: Clock) => Character;
}

const GREYLIST_MS = 4_000;

/**
 * Receivers count by address, and the two sources of the sandbox policy share one, with five connections each: a
 * campaign is one connection over. With less, both sources would be sent away at every step and the mail expire.
 */
const GMAIL_CONNECTIONS = 9;

/** Any domain that is not listed, and does not end in `.invalid`, is a healthy mailbox here. */
export const HEALTHY_PROVIDER = 'healthy';

export const SANDBOX_DIRECTORY: readonly DirectoryEntry[] = [
  {
    name: 'gmail',
    host: 'gmail-smtp-in.l.google.com',
    domains: ['gmail.com', 'googlemail.com'],
    expect: 'at most 9 connections and 100 messages a second from one address, else 421 4.7.28',
    character: (clock) => rateLimits(clock, { connections: GMAIL_CONNECTIONS, messagesPerSecond: 100 }),
  },
  {
    name: 'outlook',
    host: 'outlook-com.olc.protection.outlook.com',
    domains: ['outlook.com', 'hotmail.com', 'live.com', 'msn.com'],
    expect: 'every third new delivery is told 451 4.7.500 Server busy once',
    character: () => serverBusy(3),
  },
  {
    name: 'yahoo',
    host: 'mta5.am0.yahoodns.net',
    domains: ['yahoo.com', 'aol.com', 'ymail.com'],
    expect: 'greylists: 451 4.7.1 for the first 4 seconds',
    character: (clock) => greylisting(clock, GREYLIST_MS),
  },
  {
    name: 'icloud',
    host: 'mx01.mail.icloud.com',
    domains: ['icloud.com', 'me.com'],
    expect: 'slow: 300 to 800 ms for each answer',
    character: () => slowness(300, 800),
  },
  {
    name: 'greylist',
    host: 'mx.greylist.sandbox',
    domains: ['greylist.sandbox'],
    expect: 'greylists: 451 4.7.1 for the first 4 seconds',
    character: (clock) => greylisting(clock, GREYLIST_MS),
  },
  {
    name: 'slow',
    host: 'mx.slow.sandbox',
    domains: ['slow.sandbox'],
    expect: 'slow: 300 to 800 ms for each answer',
    character: () => slowness(300, 800),
  },
  {
    name: 'full',
    host: 'mx.full.sandbox',
    domains: ['full.sandbox'],
    expect: 'full…@ is full (452 4.2.2), unknown…@ does not exist (550 5.1.1), others take mail',
    character: () => mailboxes(),
  },
  {
    name: 'blocked',
    host: 'mx.blocked.sandbox',
    domains: ['blocked.sandbox'],
    expect: 'greets with 554: the path rests, nobody bounces, the mail expires',
    character: () => blockedGreeting(),
  },
  {
    name: 'dropping',
    host: 'mx.dropping.sandbox',
    domains: ['dropping.sandbox'],
    expect: 'cuts the connection after the final dot, every time: two repeats, then dropped',
    character: () => droppedAnswers(),
  },
  {
    name: HEALTHY_PROVIDER,
    host: 'mx.mailbox.sandbox',
    domains: ['mailbox.sandbox'],
    expect: 'takes everything, like any domain not named here',
    character: () => together(),
  },
];
