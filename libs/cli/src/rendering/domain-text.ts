import type { CheckedRecord, DomainCheck } from '../api/admin-api.ts';

const MEANINGS: Readonly<Record<CheckedRecord['status'], string>> = {
  ok: 'found and right',
  missing: 'MISSING',
  differs: 'DIFFERS',
  unknown: 'NOT KNOWN',
};

/** Each record with what was found; where it is not right also what is there and what is wanted. */
export function checkText({ domain, ok, records, notes }: DomainCheck): string {
  const width = Math.max(0, ...records.map(({ name }) => name.length));
  const lines = records.flatMap((record) => [
    `  ${record.type.padEnd(3)}  ${record.name.padEnd(width)}  ${MEANINGS[record.status]}${reason(record)}`,
    ...details(record),
  ]);
  const verdict = ok ? 'every record is there and right' : 'not everything is there and right';
  return [`${domain}: ${verdict}`, ...lines, ...notes].join('\n');
}

function reason({ detail }: CheckedRecord): string {
  return detail === undefined ? '' : `: ${detail}`;
}

function details({ status, found, wanted }: CheckedRecord): readonly string[] {
  if (status === 'ok' || status === 'unknown') return [];
  return [...found.map((text) => `         there:  ${text}`), `         wanted: ${wanted}`];
}
