/** Whether what a release says agrees with what the log says: its number of attempts, and the state of its path. */
import type { Control, Fact, Released } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';
import type { SimulatedCluster } from '@penstock/simulation';
import type { Ledger } from './ledger.ts';

interface Rest {
  readonly offset: number;
  /** ms since the epoch; 0 once it may be used again. */
  readonly until: number;
}

export function watchDecisions(cluster: SimulatedCluster, ledger: Ledger): void {
  const rests = new Map<string, Rest[]>();
  cluster.log.onAppend((topic, _partition, records) => {
    // Each topic holds its own records only.
    if (topic === 'mail.control') for (const stored of records) note(rests, stored as StoredRecord<'mail.control'>);
    if (topic === 'mail.events') for (const { record } of records) check(rests, ledger, record as Fact);
  });
}

function note(rests: Map<string, Rest[]>, { offset, record }: { offset: number; record: Control }): void {
  if (record.type !== 'path_throttled' && record.type !== 'path_restored') return;
  const { path } = record.body;
  const until = record.type === 'path_throttled' ? record.body.until : 0;
  rests.set(path, [...(rests.get(path) ?? []), { offset, until }]);
}

function check(rests: ReadonlyMap<string, readonly Rest[]>, ledger: Ledger, record: Fact): void {
  if (record.type !== 'released') return;
  checkRest(rests.get(record.body.path) ?? [], record);
  for (const { deliveryId, release, attempt } of record.body.deliveries) {
    const entry = ledger.byId(deliveryId);
    // Void, or a repeat: nobody acts on it.
    if (!entry?.state.open || entry.state.release !== release || entry.openedBy !== record.id) continue;
    const { attempts } = entry.state;
    if (attempt === attempts + 1) continue;
    throw new Error(`release ${release} of ${deliveryId} is attempt ${attempt}, and only ${attempts} were made`);
  }
}

/** A decision says how far it had read control: what stood there it knew. */
function checkRest(rests: readonly Rest[], { id, at, body }: Released): void {
  const known = rests.findLast(({ offset }) => offset < body.controlOffset);
  if (known && known.until > at) throw new Error(`${id} releases to ${body.path} although the path was known to rest`);
}
