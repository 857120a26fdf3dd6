/** A whole ingest on the memory adapters, for the specs beside this file. */

import { ApiKeyring, parseApiKeys } from '@penstock/access';
import {
  MemoryContentData,
  MemoryContentStore,
  MemoryEventLog,
  MemoryLogData,
  type MemoryLogHooks,
  MemoryStateStore,
} from '@penstock/adapter-memory';
import { SmtpDoor } from '@penstock/adapter-smtp';
import { systemTimers } from '@penstock/adapter-system';
import { DirectoryFollower, Suppressions } from '@penstock/directory';
import { type Control, type Processed, TOPICS } from '@penstock/events';
import { bodyFor, readRecipient, recipientBlob, type StoredRecipient } from '@penstock/mail';
import { policyVersion } from '@penstock/policy';
import type { Membership, Random, Timers } from '@penstock/ports';
import { createIngest, type Ingest, type IngestDeps } from './ingest.ts';
import type { SubmissionSettings } from './submission/submission-server.ts';

/** 1 January 2030, 00:00:00 UTC. */
export const NOW = 1_893_456_000_000;

export const POLICY = `egress = "sandbox"
default_pool = "main"
[source."ip-1"]
ehlo = "mail.example.net"
partition = 0
[source."ip-2"]
ehlo = "mail2.example.net"
partition = 1
[pool."main"]
sources = ["ip-1"]
[pool."news"]
sources = ["ip-2"]
`;

export const KEYS = { bulk: 'bulk-key-1', transactional: 'trans-key-1' } as const;

export interface Rig {
  readonly ingest: Ingest;
  readonly logData: MemoryLogData;
  readonly contentData: MemoryContentData;
  readonly logged: readonly { readonly event: string }[];
  /** All `processed` facts, in partition order. */
  processed(): readonly Processed[];
  recipient(fact: Processed): StoredRecipient;
  /** The message as it will be sent. */
  message(fact: Processed): string;
  stop(): Promise<void>;
  /** Its partitions are others' to take, though its handlers may never return. */
  kill(): void;
}

export interface RigOptions extends Partial<Omit<IngestDeps, 'log' | 'submission'>> {
  /** Without its door: a real one on a socket. */
  readonly submission?: Omit<SubmissionSettings, 'door'>;
  readonly hooks?: MemoryLogHooks;
  readonly logData?: MemoryLogData;
  readonly contentData?: MemoryContentData;
  /** Leaves mail.control empty. */
  readonly withoutPolicy?: boolean;
}

/** Of an ingest that was killed nobody cancels them: they must not keep the specs running. */
const DEAD_WITH_THEIR_PROCESS: Timers = {
  ...systemTimers,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

export async function startIngest({ submission, ...options }: RigOptions = {}): Promise<Rig> {
  const { hooks = {}, logData = new MemoryLogData(), contentData = new MemoryContentData() } = options;
  const log = new MemoryEventLog(logData, hooks);
  if (!options.withoutPolicy && logData.bounds(TOPICS.control, 0).end === 0) {
    logData.store(TOPICS.control, 0, [policyChanged()]);
  }
  const logged: { event: string }[] = [];
  const telemetry = { log: (_level: string, event: string) => logged.push({ event }) };
  const directory = new DirectoryFollower(log, telemetry, 'a-rig');
  const state = options.state ?? new MemoryStateStore();
  const suppressions = new Suppressions({ log, state, clock: { now: () => NOW }, telemetry }, 'a-rig');
  const ingest = createIngest({
    log,
    content: new MemoryContentStore(contentData),
    state,
    suppressions,
    clock: { now: () => NOW, monotonic: () => 0 },
    timers: DEAD_WITH_THEIR_PROCESS,
    random: countingRandom(),
    telemetry,
    directory,
    secretKey: new Uint8Array(32).fill(5),
    keys: new ApiKeyring(parseApiKeys(`acme:bulk:${KEYS.bulk} acme:transactional:${KEYS.transactional}`), directory),
    recipientKey: new Uint8Array(32).fill(7),
    ...(submission && { submission: { ...submission, door: new SmtpDoor({ timers: systemTimers, telemetry }) } }),
    ...options,
  });
  await ingest.start();
  const memberships: Membership[] = [];
  for (const consumer of ingest.consumers) memberships.push(await log.join(consumer));
  if (!options.withoutPolicy) await until(() => ingest.notReady() === undefined);
  return {
    ...reading(logData, contentData),
    ingest,
    logData,
    contentData,
    logged,
    stop: async () => {
      await ingest.stop();
      await Promise.all(memberships.map((membership) => membership.leave()));
    },
    kill: () => log.disconnect(),
  };
}

function reading(logData: MemoryLogData, contentData: MemoryContentData) {
  const blob = (reference: string) => contentData.blobs.get(reference) ?? new Uint8Array();
  const recipient = ({ body: { content } }: Processed) =>
    readRecipient(blob(recipientBlob(content.recipient)), content.recipient);
  return {
    recipient,
    processed: () =>
      Array.from({ length: logData.partitionCount(TOPICS.events) }, (_, partition) =>
        logData.read(TOPICS.events, partition, 0, 1_000_000).map(({ record }) => record as Processed),
      ).flat(),
    message: (fact: Processed) => {
      const stored = recipient(fact);
      return stored.head + Buffer.concat(bodyFor(stored, blob(fact.body.content.body))).toString('latin1');
    },
  };
}

export function policyChanged(): Control {
  const body = { policyVersion: policyVersion(POLICY), text: POLICY, changedBy: 'a spec' };
  return { id: 'p1', type: 'policy_changed', version: 1, at: NOW, partition: 0, body };
}

/** Different at every call, and the same in every run. */
export function countingRandom(): Random {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return { next, bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)) };
}

/** Lets pending work run until the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000_000; turn++) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('the condition never held');
}

/** A request that is accepted as it is. */
export function mailBody(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    personalizations: [{ to: [{ email: 'ann@example.org', name: 'Ann' }] }],
    from: { email: 'shop@example.com', name: 'Shop' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'Hi Ann' }],
    ...changes,
  };
}
