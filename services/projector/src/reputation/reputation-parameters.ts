import type { ApiKey } from '@penstock/access';
import type { ReputationSubject } from '@penstock/events';
import { DEFERRAL_GROUPS, type DeferralFilter, type DeferralGroup } from '../deferrals/deferral-query.ts';
import { parseLogPoint } from '../export/log-point.ts';
import { BadParameterError, text, wholeNumber } from '../queries/query-parameters.ts';
import type { ReputationFilter } from './reputation-query.ts';

type Query = Readonly<Record<string, unknown>>;

/** What was asked for is not the key's to see. */
export class ForeignFiguresError extends Error {
  override readonly name = 'ForeignFiguresError';

  constructor(
    readonly field: string,
    help: string,
  ) {
    super(help);
  }
}

const REPUTATIONS = { least: 1, most: 1_000 };
const DEFAULT_REPUTATIONS = 100;
const SUBJECTS: readonly ReputationSubject[] = ['tenant', 'source'];

/** As far back as a reputation looks. */
const HOURS = { least: 1, most: 168 };
const DEFAULT_HOURS = 24;
const ROWS = { least: 1, most: 10_000 };
const DEFAULT_ROWS = 1_000;

/** @throws BadParameterError, ForeignFiguresError */
export function reputationFilter(query: Query, key: ApiKey): ReputationFilter {
  const tenant = tenantOf(query, key);
  const source = text('source', query.source);
  const provider = text('provider', query.provider);
  const subject = subjectOf(query.subject);
  const limit = wholeNumber('limit', query.limit, REPUTATIONS) ?? DEFAULT_REPUTATIONS;
  if (!mayOperate(key)) {
    if (source !== undefined) throw new ForeignFiguresError('source', 'sources carry everybody’s mail');
    if (subject === 'source') throw new ForeignFiguresError('subject', 'sources carry everybody’s mail');
  }
  if (tenant !== undefined && source !== undefined) {
    throw new BadParameterError('source', 'a reputation is of a source or of a tenant; name one of them');
  }
  const named = tenant ?? source;
  const ofWhom = tenant !== undefined ? 'tenant' : source !== undefined ? 'source' : subject;
  if (subject !== undefined && subject !== ofWhom) throw new BadParameterError('subject', `leave it out, or ${ofWhom}`);
  return {
    limit,
    ...(ofWhom !== undefined && { subject: ofWhom }),
    ...(named !== undefined && { name: named }),
    ...(provider !== undefined && { provider }),
  };
}

/** @throws BadParameterError, ForeignFiguresError */
export function deferralFilter(query: Query, key: ApiKey): DeferralFilter {
  const tenant = tenantOf(query, key);
  const provider = text('provider', query.provider);
  const source = text('source', query.source);
  const to = timeOf(query.to);
  return {
    hours: wholeNumber('hours', query.hours, HOURS) ?? DEFAULT_HOURS,
    limit: wholeNumber('limit', query.limit, ROWS) ?? DEFAULT_ROWS,
    by: groupsOf(query.by),
    ...(to !== undefined && { to }),
    ...(tenant !== undefined && { tenant }),
    ...(provider !== undefined && { provider }),
    ...(source !== undefined && { source }),
  };
}

/** A tenant's key shows that tenant alone; an operator's everybody, or one that is named. */
function tenantOf(query: Query, key: ApiKey): string | undefined {
  const tenant = text('tenant', query.tenant);
  if (mayOperate(key)) return tenant;
  if (tenant !== undefined && tenant !== key.tenant) {
    throw new ForeignFiguresError('tenant', 'another tenant’s figures');
  }
  return key.tenant;
}

function mayOperate(key: ApiKey): boolean {
  return key.scopes.has('operate');
}

function subjectOf(given: unknown): ReputationSubject | undefined {
  const named = text('subject', given);
  if (named === undefined) return undefined;
  const subject = SUBJECTS.find((each) => each === named);
  if (subject) return subject;
  throw new BadParameterError('subject', `one of ${SUBJECTS.join(', ')}`);
}

function groupsOf(given: unknown): readonly DeferralGroup[] {
  const names = text('by', given)?.split(',');
  if (!names) return DEFERRAL_GROUPS;
  if (names.some((name) => !(DEFERRAL_GROUPS as readonly string[]).includes(name))) {
    throw new BadParameterError('by', `one or more, separated by commas, of ${DEFERRAL_GROUPS.join(', ')}`);
  }
  return DEFERRAL_GROUPS.filter((group) => names.includes(group));
}

function timeOf(given: unknown): DeferralFilter['to'] {
  if (given === undefined) return undefined;
  const point = typeof given === 'string' ? parseLogPoint(given) : undefined;
  if (point && point.kind !== 'offset') return point;
  throw new BadParameterError(
    'to',
    'an ISO date or time (2026-01-31T14:02:00Z), a time ago (-90m, -1d), or milliseconds since the epoch',
  );
}
