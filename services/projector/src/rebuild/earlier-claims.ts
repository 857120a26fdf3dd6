import type { Archive, StoredRecord } from '@penstock/ports';
import { type ArchivedFact, claimsStream } from '../archive/archive-entries.ts';

const PAGE = 500;

/**
 * The claims of a partition that stood before the log's begin, from the archive: without them nothing a scheduler
 * wrote since could be told from what is void.
 */
export async function earlierClaims(
  archive: Archive,
  partition: number,
  begin: number,
): Promise<readonly StoredRecord<'mail.events'>[]> {
  const claims: StoredRecord<'mail.events'>[] = [];
  for (let from = 0; ; ) {
    const events = await archive.read(claimsStream(partition), from, PAGE);
    for (const { data } of events) {
      const { offset, ...record } = data as ArchivedFact;
      if (offset < begin) claims.push({ offset, record });
    }
    const last = events.at(-1);
    if (!last || events.length < PAGE) return claims;
    from = last.revision + 1;
  }
}
