import type { DeliverySummary, FactView, Timeline } from '../api/views.ts';
import { factText } from './fact-text.ts';
import { counted, duration } from './quantities.ts';
import { table } from './table.ts';

/** A delivery from its acceptance on: where it is, then every fact with the time since the first. */
export function timelineText(timeline: Timeline, now: number): string {
  const start = timeline.facts[0]?.at ?? now;
  const lines = timeline.facts.map((fact) => factLine(fact, start));
  const more = timeline.truncated ? ['  … and more facts than are shown'] : [];
  return [`delivery ${timeline.deliveryId}`, `  ${standing(timeline, now)}`, '', ...lines, ...more].join('\n');
}

const TYPE_WIDTH = 'outcome_unknown'.length;
const TIME_WIDTH = '+71 h 58 min'.length;

export function factLine(fact: FactView, start: number): string {
  const since = `+${duration(Math.max(0, fact.at - start))}`;
  return `  ${since.padStart(TIME_WIDTH)}  ${fact.type.padEnd(TYPE_WIDTH)}  ${factText(fact)}`;
}

function standing(
  { status, attempts, facts, nextAttemptAt, duplicates, class: trafficClass, domain }: Timeline,
  now: number,
): string {
  const [first, last] = [facts[0]?.at, facts.at(-1)?.at];
  const age = first !== undefined && last !== undefined ? ` after ${duration(last - first)}` : '';
  const parts = [
    `${trafficClass ?? ''} mail for ${domain ?? '?'}`.trim(),
    `${status}${age}`,
    counted(attempts, 'attempt'),
    ...(duplicates > 0 ? [counted(duplicates, 'duplicate')] : []),
    ...(nextAttemptAt !== undefined && nextAttemptAt > now ? [`next attempt in ${duration(nextAttemptAt - now)}`] : []),
  ];
  return parts.join(', ');
}

/** A message of several recipients. */
export function deliveriesText(deliveries: readonly DeliverySummary[], now: number): string {
  return table(
    [
      { title: 'delivery' },
      { title: 'domain' },
      { title: 'status' },
      { title: 'attempts', align: 'right' },
      { title: 'next' },
    ],
    deliveries.map(({ deliveryId, domain, status, attempts, nextAttemptAt }) => [
      deliveryId,
      domain,
      status,
      String(attempts),
      nextAttemptAt !== undefined && nextAttemptAt > now ? `in ${duration(nextAttemptAt - now)}` : '',
    ]),
  );
}
