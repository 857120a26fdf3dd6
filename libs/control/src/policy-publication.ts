import { derivedId, type PolicyChanged } from '@penstock/events';
import { type Policy, policyDifference, policyVersion } from '@penstock/policy';
import type { Clock, EventLog } from '@penstock/ports';

const CONTROL = 'mail.control';
const READ_AT_ONCE = 1_000;

export interface PublicationOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly text: string;
  readonly policy: Policy;
  /** Who changed it, for the record. */
  readonly changedBy: string;
  /** Nothing is written where there is a policy already. */
  readonly onlyFirst?: boolean;
}

/**
 * Makes the text the policy of record if it is not yet: on an empty control log, and when it changed. Written twice, by
 * a crash in between or by two at the same moment, it is the same policy twice.
 *
 * @returns whether a `policy_changed` was written.
 */
export async function publishPolicy(options: PublicationOptions): Promise<boolean> {
  const { log, clock, text, policy, changedBy, onlyFirst = false } = options;
  const last = await lastPolicy(log);
  const { version: lastVersion, end } = last;
  if (lastVersion === policy.version || (onlyFirst && lastVersion !== undefined)) return false;
  await log.append([
    {
      topic: CONTROL,
      partition: 0,
      records: [
        {
          id: derivedId('policy_changed', policy.version, end),
          type: 'policy_changed',
          version: 1,
          at: clock.now(),
          partition: 0,
          body: { policyVersion: policyVersion(text), text, changedBy, ...changesSince(last, text) },
        },
      ],
    },
  ]);
  return true;
}

/** More would make the fact larger than the policy. */
const MOST_CHANGES = 200;

type Changes = Pick<PolicyChanged['body'], 'previousVersion' | 'changes' | 'changeCount'>;

function changesSince({ version, text: before }: LastPolicy, after: string): Changes {
  if (version === undefined || before === undefined) return {};
  const changes = differenceFrom(before, after);
  if (!changes) return { previousVersion: version };
  const named = { previousVersion: version, changes: changes.slice(0, MOST_CHANGES) };
  return changes.length > MOST_CHANGES ? { ...named, changeCount: changes.length } : named;
}

/** Undefined where the former text is one that only an earlier release could read. */
function differenceFrom(before: string, after: string): Changes['changes'] {
  try {
    return policyDifference(before, after);
  } catch {
    return undefined;
  }
}

/** Text of the policy of record, or undefined where there is none. */
export async function policyOfRecord(log: EventLog): Promise<string | undefined> {
  return (await lastPolicy(log)).text;
}

interface LastPolicy {
  readonly version: string | undefined;
  readonly text: string | undefined;
  readonly end: number;
}

async function lastPolicy(log: EventLog): Promise<LastPolicy> {
  const { begin, end } = await log.bounds(CONTROL, 0);
  let last: { readonly policyVersion: string; readonly text: string } | undefined;
  let next = begin;
  while (next < end) {
    const records = await log.read(CONTROL, 0, next, READ_AT_ONCE);
    const newest = records.at(-1);
    if (!newest) break;
    for (const { record } of records) if (record.type === 'policy_changed') last = record.body;
    next = newest.offset + 1;
  }
  return { version: last?.policyVersion, text: last?.text, end };
}
