/** How long mail waited, held against what disturbances and retries explain. */
import type { Allowances } from './check-options.ts';
import { dueAt, type Mail, ms } from './mail-rules.ts';
import { type TroubledTime, untroubledMs } from './troubled-time.ts';
import type { Finding, Waits } from './verdict.ts';

export interface WaitCount {
  readonly waits: Waits;
  readonly findings: readonly Finding[];
}

export function countWaits(mails: readonly Mail[], troubled: readonly TroubledTime[], options: Allowances): WaitCount {
  const findings: Finding[] = [];
  let [longestMs, longestId, explained, longestUntroubledMs] = [0, '', 0, 0];
  for (const mail of mails) {
    const due = dueAt(mail);
    const [first] = mail.receptions;
    if (due === undefined || !first) continue;
    const waitedMs = first.at - due;
    const untroubled = untroubledMs(troubled, due, first.at);
    const allowedMs = allowedOf(mail, options);
    if (waitedMs > longestMs) [longestMs, longestId] = [waitedMs, mail.id];
    longestUntroubledMs = Math.max(longestUntroubledMs, untroubled);
    if (untroubled > allowedMs) {
      const waited = `due at ${ms(due)}, received at ${ms(first.at)}`;
      const unexplained = `${ms(untroubled)} of it outside of every disturbance, ${ms(allowedMs)} at most`;
      findings.push({ kind: 'late', says: `${mail.id}: ${waited}, ${unexplained}` });
    } else if (waitedMs > options.drainMs) {
      explained += 1;
    }
  }
  return { waits: { longestMs, longestId, explained, longestUntroubledMs }, findings };
}

function allowedOf({ stories }: Mail, { drainMs, retryMs, unknownRetryMs }: Allowances): number {
  return stories.reduce(
    (total, { deferrals, unknowns }) => total + deferrals * retryMs + unknowns * unknownRetryMs,
    drainMs,
  );
}
