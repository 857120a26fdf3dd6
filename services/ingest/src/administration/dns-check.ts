/** Whether what should be published is. */
import type { Resolver } from '@penstock/ports';
import type { DnsRecord } from './dns-records.ts';

export interface CheckedRecord {
  readonly purpose: DnsRecord['purpose'];
  readonly type: DnsRecord['type'];
  readonly name: string;
  /** `unknown`: the name servers did not answer, which says nothing about the record. */
  readonly status: 'ok' | 'missing' | 'differs' | 'unknown';
  readonly wanted: string;
  /** What is there, as far as it concerns this record. */
  readonly found: readonly string[];
  /** Why it differs, or is not known. */
  readonly detail?: string;
}

type Finding = Pick<CheckedRecord, 'status' | 'found' | 'detail'>;

export function checkRecords(records: readonly DnsRecord[], resolver: Resolver): Promise<readonly CheckedRecord[]> {
  return Promise.all(
    records.map(async (record) => {
      const { purpose, type, name, value: wanted } = record;
      return { purpose, type, name, wanted, ...(await find(record, resolver)) };
    }),
  );
}

async function find(record: DnsRecord, resolver: Resolver): Promise<Finding> {
  switch (record.purpose) {
    case 'dkim':
      return compared(await texts(resolver, record.name), /^\s*(v\s*=\s*DKIM1|[a-z]\s*=)/i, (found) =>
        dkimDifference(found, record.value),
      );
    case 'spf':
    case 'return_path_spf':
      return compared(await texts(resolver, record.name), /^v=spf1(?: |$)/i, (found) =>
        spfDifference(found, record.value),
      );
    case 'dmarc':
      return findDmarc(record.name, resolver);
    case 'return_path':
      return findMx(record, resolver);
  }
}

type Texts = { readonly texts: readonly string[] } | { readonly failure: string };

async function texts(resolver: Resolver, name: string): Promise<Texts> {
  const answer = await resolver.resolveTxt(name);
  if (answer.kind === 'failure') return { failure: answer.detail };
  return { texts: answer.kind === 'txt' ? answer.texts : [] };
}

/** Of several records of one kind none counts: receivers see an error (RFC 7208 section 4.5, RFC 7489 section 6.6.3). */
function compared(answer: Texts, kind: RegExp, difference: (found: string) => string | undefined): Finding {
  if ('failure' in answer) return { status: 'unknown', found: [], detail: answer.failure };
  const found = answer.texts.filter((text) => kind.test(text));
  const [only, ...others] = found;
  if (only === undefined) return { status: 'missing', found };
  const detail = others.length > 0 ? 'there are several; keep one' : difference(only);
  return detail === undefined ? { status: 'ok', found } : { status: 'differs', found, detail };
}

/** Tags of a DKIM record (RFC 6376 section 3.2), white space in their values gone. */
function tags(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split(';').flatMap((part) => {
      const equals = part.indexOf('=');
      return equals < 0 ? [] : [[part.slice(0, equals).trim(), part.slice(equals + 1).replace(/\s/g, '')] as const];
    }),
  );
}

function dkimDifference(found: string, wanted: string): string | undefined {
  const there = tags(found);
  const right = tags(wanted);
  if ((there.get('k') ?? 'rsa') !== right.get('k')) return 'the key is of another kind (k=)';
  if (there.get('p') === '') return 'the key is revoked (empty p=)';
  if (there.get('p') !== right.get('p')) return 'the key is another one (p=)';
  return (there.get('t') ?? '').split(':').includes('y')
    ? 'it is marked as a test (t=y), so receivers ignore it'
    : undefined;
}

/** Others may send for the domain, too: only our part has to be there. */
function spfDifference(found: string, wanted: string): string | undefined {
  const there = new Set(
    found
      .toLowerCase()
      .split(/\s+/)
      .map((term) => term.replace(/^\+/, '')),
  );
  const lacking = wanted
    .toLowerCase()
    .split(' ')
    .filter((term) => /^(?:include|a|ip4|ip6):/.test(term) && !there.has(term));
  return lacking.length === 0 ? undefined : `it lacks ${lacking.join(' ')}`;
}

/** The record of the domain itself, else of the nearest one above it (RFC 7489 section 6.6.3). Any policy is right. */
async function findDmarc(name: string, resolver: Resolver): Promise<Finding> {
  let labels = name.split('.').slice(1);
  const first = await dmarcAt(name, resolver);
  let finding = first;
  while (finding.status === 'missing' && labels.length > 2) {
    labels = labels.slice(1);
    finding = await dmarcAt(`_dmarc.${labels.join('.')}`, resolver);
  }
  return finding.status === 'ok' ? finding : first;
}

async function dmarcAt(name: string, resolver: Resolver): Promise<Finding> {
  return compared(await texts(resolver, name), /^v\s*=\s*DMARC1\s*(?:;|$)/, (found) =>
    /^(?:none|quarantine|reject)$/i.test(tags(found).get('p') ?? '')
      ? undefined
      : 'p= must be none, quarantine or reject',
  );
}

async function findMx({ name, value }: DnsRecord, resolver: Resolver): Promise<Finding> {
  const answer = await resolver.resolveMx(name);
  if (answer.kind === 'failure') return { status: 'unknown', found: [], detail: answer.detail };
  const hosts = answer.kind === 'mx' ? answer.hosts : [];
  const found = hosts.map((host) => `${host.preference} ${host.name}`);
  const wanted = value.split(' ')[1];
  if (hosts.some((host) => host.name === wanted)) return { status: 'ok', found };
  if (answer.kind === 'null_mx') return { status: 'differs', found: ['0 .'], detail: 'it says that no mail is taken' };
  return found.length === 0
    ? { status: 'missing', found }
    : { status: 'differs', found, detail: 'it names other hosts' };
}
