import type { RebuildView } from '../api/views.ts';
import { counted, duration, percent } from './quantities.ts';
import { table } from './table.ts';

const BAR = 24;
const COLUMNS = [
  { title: 'part' },
  { title: 'rows', align: 'right' },
  { title: 'live' },
  { title: 'rebuilt' },
  { title: 'compared' },
] as const;

/** [########----------------] 33.1 %  330,912 of 1,000,000 facts, 98,000/s, 7.1 s left */
export function rebuildProgressText({ progress }: RebuildView): string {
  const { share, factsFolded, factsInAll, factsPerSecond, remainingMs } = progress;
  const done = Math.round(share * BAR);
  const bar = `[${'#'.repeat(done)}${'-'.repeat(BAR - done)}]`;
  const left = remainingMs === undefined ? '' : `, ${duration(remainingMs)} left`;
  const of = `${factsFolded.toLocaleString('en')} of ${counted(factsInAll, 'fact')}`;
  return `${bar} ${percent(share)}  ${of}, ${factsPerSecond.toLocaleString('en')}/s${left}`;
}

export function rebuildText(view: RebuildView): string {
  const { progress, elapsedMs, results } = view;
  const rate = `${progress.factsPerSecond.toLocaleString('en')}/s`;
  const head = `${counted(progress.factsFolded, 'fact')} folded in ${duration(elapsedMs)} (${rate})`;
  return [head, ...results.flatMap(resultLines)].join('\n');
}

function resultLines({ model, sections, swapped, carriedRows }: RebuildView['results'][number]): readonly string[] {
  const rows = sections.map(({ section, rows, liveDigest, rebuiltDigest, equal, differences, notCompared }) => [
    section,
    `${rows}`,
    liveDigest.slice(0, 16),
    rebuiltDigest.slice(0, 16),
    `${equal ? 'equal' : `${counted(differences, 'row')} differ`}${notCompared > 0 ? `, ${notCompared} not compared` : ''}`,
  ]);
  const differing = sections.flatMap((section) => section.differing.map((difference) => differenceLine(difference)));
  return [
    '',
    `${model}:${swapped ? ' switched to the rebuilt rows' : ''}${carriedRows > 0 ? `, ${carriedRows} earlier rows carried over` : ''}`,
    table(COLUMNS, rows),
    ...differing,
  ];
}

function differenceLine({
  key,
  kind,
  fields,
}: RebuildView['results'][number]['sections'][number]['differing'][number]) {
  switch (kind) {
    case 'only_live':
      return `  ${key}: only in the live model`;
    case 'only_rebuilt':
      return `  ${key}: missing in the live model`;
    case 'differs':
      return `  ${key}: ${fields?.join(', ') || 'the value'} differ`;
  }
}
