import type { Attempt } from '@penstock/events';
import type { EventLog } from '@penstock/ports';
import { lastStart } from './pending-attempt.ts';

const READ_AT_ONCE = 1000;
/** More than a minute of commands at any rate one process reaches: beyond it a start takes too long. */
const MOST_READ = 500_000;
/** `start_within` as shipped, ms; a longer one is learnt from the commands themselves. */
const LEAST_START_WITHIN_MS = 60_000;

/**
 * The commands before `end`, newest first, that could still be started by the time they name. A predecessor settled
 * them; but a scheduler that took over before it read their outcomes, or one that is dead and whose append comes late,
 * may put them into the log once more, and then they are repeats.
 */
export async function settledCommands(
  log: EventLog,
  partition: number,
  { begin, end, now }: { readonly begin: number; readonly end: number; readonly now: number },
): Promise<readonly Attempt[]> {
  const found: Attempt[] = [];
  let startWithinMs = LEAST_START_WITHIN_MS;
  const oldest = Math.max(begin, end - MOST_READ);
  for (let until = end; until > oldest; until -= READ_AT_ONCE) {
    const from = Math.max(oldest, until - READ_AT_ONCE);
    const commands = (await log.read('mail.attempts', partition, from, until - from)).map(({ record }) => record);
    for (const { at, body } of commands) startWithinMs = Math.max(startWithinMs, body.startBy - at);
    for (const command of commands) if (lastStart(command) >= now) found.push(command);
    if (commands.every(({ at }) => at + startWithinMs < now)) break;
  }
  return found;
}
