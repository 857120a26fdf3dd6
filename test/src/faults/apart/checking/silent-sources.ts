/** Sources that nobody hears from though the others deliver: what their mail waits the others carry, so that no mail tells. */
import type { Disturbance } from '../history.ts';
import type { Allowances } from './check-options.ts';
import { type Mail, ms } from './mail-rules.ts';
import type { Finding } from './verdict.ts';

/** Only while mail is submitted: nothing has to come from anywhere before and after. */
export function silentSources(
  mails: readonly Mail[],
  disturbances: readonly Disturbance[],
  options: Allowances,
): readonly Finding[] {
  const { begin, end } = loadTime(mails);
  const most = longestSilenceMs(disturbances, options);
  return [...arrivalsBySource(mails, options)].flatMap(([source, arrivals]) => {
    const times = arrivals.filter((at) => at > begin && at < end).sort((a, b) => a - b);
    let from = begin;
    const says: string[] = [];
    for (const at of [...times, end]) {
      if (at - from > most)
        says.push(`nothing came from ${source} for ${ms(at - from)} from ${ms(from)} on, ${ms(most)} at most`);
      from = at;
    }
    return says.map((text): Finding => ({ kind: 'silent', says: text }));
  });
}

/** Its owner is away, the next waits for the takeover, the group for the session, and then it begins as after a start. */
function longestSilenceMs(disturbances: readonly Disturbance[], options: Allowances): number {
  const away = disturbances.filter(({ target }) => target.startsWith('dispatcher')).map(({ at, until }) => until - at);
  return Math.max(0, ...away) + options.takeoverWaitMs + options.sessionMs + options.drainMs;
}

function loadTime(mails: readonly Mail[]): { readonly begin: number; readonly end: number } {
  let [begin, end] = [Number.POSITIVE_INFINITY, 0];
  for (const { submissions } of mails) {
    for (const { at, answeredAt, ended } of submissions) {
      if (ended === 'ok') [begin, end] = [Math.min(begin, at), Math.max(end, answeredAt)];
    }
  }
  return { begin, end };
}

function arrivalsBySource(mails: readonly Mail[], { limits }: Allowances): ReadonlyMap<string, number[]> {
  const bySource = new Map<string, number[]>(limits.map(({ from }) => [from, []]));
  for (const { receptions } of mails) for (const { from, at } of receptions) bySource.get(from)?.push(at);
  return bySource;
}
