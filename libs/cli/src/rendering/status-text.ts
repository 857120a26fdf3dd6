import type { LanesView, LaneView, ProvidersView, Rated, ReadinessView, SourcesView } from '../api/views.ts';
import { replyText, words } from './fact-text.ts';
import { counted, duration, percent } from './quantities.ts';
import { table } from './table.ts';

export function readinessText({ status, reasons }: Partial<ReadinessView>): string {
  if (status === 'ready') return 'ready';
  return ['not ready', ...Object.entries(reasons ?? {}).map(([service, reason]) => `  ${service}: ${reason}`)].join(
    '\n',
  );
}

const RIGHT = 'right' as const;
const COUNTS = [
  ['accepted', 'accepted'],
  ['delivered', 'delivered'],
  ['deferredRemote', 'deferred'],
  ['deferredHeld', 'held'],
  ['bounced', 'bounced'],
  ['dropped', 'dropped'],
  ['outcomeUnknown', 'unknown'],
] as const;

/** What became of the mail, by provider. Deferred: by the receiver; held: notices that it waits for us. */
export function providersText({ minutes, totals, providers }: ProvidersView): string {
  if (providers.length === 0) return `no mail in the last ${counted(minutes, 'minute')}`;
  const rows = providers.filter(hasEnds).map(({ provider, ...rated }) => [provider, '', ...cells(rated).slice(1)]);
  return table(
    [
      { title: 'provider' },
      ...COUNTS.map(([, title]) => ({ title, align: RIGHT })),
      { title: 'deferral rate', align: RIGHT },
      { title: 'mean latency', align: RIGHT },
    ],
    [...rows, ['all', ...cells(totals)]],
  );
}

/** Mail is accepted before anybody looks up whose it will be, so acceptance alone says nothing about a provider. */
function hasEnds({ counts }: Rated): boolean {
  return COUNTS.some(([name]) => name !== 'accepted' && (counts[name] ?? 0) > 0);
}

function cells({ counts, rates }: Rated): readonly string[] {
  return [
    ...COUNTS.map(([name]) => (counts[name] ?? 0).toLocaleString('en')),
    percent(rates.deferralRate),
    rates.meanLatencyMs === null ? '–' : duration(rates.meanLatencyMs),
  ];
}

export function lanesText({ lanes, totals, truncated }: LanesView, now: number): string {
  const busy = lanes.filter(({ waiting, open }) => waiting + open > 0);
  if (busy.length === 0) return 'nothing waits';
  const rows = busy.map((lane) => [
    lane.domain,
    lane.class,
    lane.waiting.toLocaleString('en'),
    lane.open.toLocaleString('en'),
    lane.oldestAcceptedAt === undefined ? '' : duration(Math.max(0, now - lane.oldestAcceptedAt)),
    reasonsText(lane, now),
  ]);
  const columns = [
    { title: 'domain' },
    { title: 'class' },
    { title: 'waiting', align: RIGHT },
    { title: 'going', align: RIGHT },
    { title: 'oldest', align: RIGHT },
    { title: 'why' },
  ];
  const more = truncated ? [`… of ${counted(totals.lanes, 'lane')}`] : [];
  return [table(columns, rows), ...more].join('\n');
}

function reasonsText({ reasons }: LaneView, now: number): string {
  return reasons
    .slice(0, 2)
    .map((reason) => {
      const until = reason.until ?? reason.retryAt;
      const wait = until !== undefined && until > now ? ` (${duration(until - now)})` : '';
      const said = reason.reply ? replyText(reason.reply) : (reason.text ?? words(reason.cause ?? reason.kind));
      const through = reason.source === undefined ? '' : ` at ${reason.source}`;
      return `${said}${through}${wait}`;
    })
    .join('; ');
}

export function sourcesText({ sources }: SourcesView, now: number): string {
  return table(
    [
      { title: 'source' },
      { title: 'attempts', align: RIGHT },
      { title: 'delivered', align: RIGHT },
      { title: 'state' },
    ],
    sources.map(({ source, owner, unreachable, throttledPaths, counts }) => [
      source,
      (counts.attempts ?? 0).toLocaleString('en'),
      (counts.delivered ?? 0).toLocaleString('en'),
      stateOf({ owner, unreachable, throttledPaths }, now),
    ]),
  );
}

function stateOf(
  source: { readonly owner?: string | undefined; readonly unreachable?: true | undefined } & Pick<
    SourcesView['sources'][number],
    'throttledPaths'
  >,
  now: number,
): string {
  if (source.unreachable) return 'unreachable';
  if (source.owner === undefined) return 'owned by nobody';
  if (source.throttledPaths.length === 0) return 'sending';
  return source.throttledPaths
    .map(
      ({ path, until, text }) => `${path.split('|')[1] ?? path} rests ${duration(Math.max(0, until - now))}: ${text}`,
    )
    .join('; ');
}
