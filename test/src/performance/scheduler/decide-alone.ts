/** `decide` and the fold of one partition, with nothing around them: no log, no disk, no clock. */
import { batchId, derivedId, type Fact, type Released } from '@penstock/events';
import { parsePolicy } from '@penstock/policy';
import {
  type ControlState,
  createPartitionState,
  decide,
  evolve,
  type Grants,
  INITIAL_CONTROL,
  type PartitionState,
  type SiteInfo,
} from '@penstock/scheduling';
import { domainOf, type PendingMail, POLICY, processed } from './pending-mail.ts';

export interface DecideFigures {
  readonly pending: number;
  readonly lanes: number;
  readonly released: number;
  /** Of `decide` alone, µs a release. */
  readonly decideUs: number;
  /** Of folding a release and its outcome, µs. */
  readonly foldUs: number;
  /** Of folding a `processed`, µs. */
  readonly acceptUs: number;
  /** Bytes of heap a pending delivery, lanes included. */
  readonly heapBytes: number;
}

const PARTITION = 0;
const CLAIM = 'benchmark';
const NO_BUDGETS: Grants['budgets'] = { tokens: () => undefined, isAsked: () => false, refusedUntil: () => 0 };

/** @param collect collects garbage, so that what is measured as held is held */
export function decideAlone(mail: PendingMail, releases: number, collect: () => void): DecideFigures {
  const partition = new BusyPartition(mail);
  collect();
  const before = process.memoryUsage().heapUsed;
  const acceptUs = partition.fill();
  collect();
  const heapBytes = (process.memoryUsage().heapUsed - before) / mail.deliveries;
  // The first decision looks at every lane there is, as a scheduler does once after its start.
  partition.release(1);
  const { released, decideUs, foldUs } = partition.release(releases);
  return { pending: mail.deliveries, lanes: mail.lanes, released, decideUs, foldUs, acceptUs, heapBytes };
}

/** A partition whose receivers take everything at once. */
class BusyPartition {
  private readonly state: PartitionState = createPartitionState(PARTITION, 1);
  private readonly control: ControlState;
  private readonly grants: Grants;
  private offset = 0;
  private nowMs: number;

  constructor(private readonly mail: PendingMail) {
    const policy = parsePolicy(POLICY);
    const owners = new Map([...policy.sources.keys()].map((name) => [name, { owner: 'benchmark', claimId: name }]));
    this.control = { ...INITIAL_CONTROL, policy, owners };
    const sites = new Map<string, SiteInfo>();
    for (let n = 0; n < mail.lanes; n++) sites.set(domainOf(n, mail.lanes), { site: domainOf(n, mail.lanes) });
    this.grants = { sites, budgets: NO_BUDGETS };
    this.nowMs = mail.at + 1_000;
    this.fold({
      id: derivedId(CLAIM),
      type: 'partition_claimed',
      version: 1,
      at: mail.at,
      partition: PARTITION,
      body: { claimId: CLAIM, owner: 'benchmark' },
    });
  }

  /** Answers µs a delivery. */
  fill(): number {
    let took = 0;
    for (let n = 0; n < this.mail.deliveries; n++) {
      const fact = processed(n, PARTITION, this.mail);
      const began = performance.now();
      this.fold(fact);
      took += performance.now() - began;
    }
    return (took * 1e3) / this.mail.deliveries;
  }

  release(count: number): { readonly released: number; readonly decideUs: number; readonly foldUs: number } {
    let [released, deciding, folding] = [0, 0, 0];
    while (released < count) {
      this.nowMs += 1;
      const began = performance.now();
      const { records } = decide(this.state, this.control, { nowMs: this.nowMs, logTimeMs: this.nowMs }, this.grants);
      const decided = performance.now();
      const batches = records.filter((record) => record.type === 'released');
      const all = [...records, ...batches.flatMap((batch) => this.outcomes(batch))];
      const ready = performance.now();
      for (const record of all) this.fold(record);
      folding += performance.now() - ready;
      deciding += decided - began;
      const proposed = batches.reduce((sum, { body }) => sum + body.deliveries.length, 0);
      if (proposed === 0) throw new Error(`nothing was released after ${released} of ${count}`);
      released += proposed;
    }
    return { released, decideUs: (deciding * 1e3) / released, foldUs: (folding * 1e3) / released };
  }

  private fold(record: Fact): void {
    evolve(this.state, this.offset++, record);
  }

  private outcomes({ body }: Released): readonly Fact[] {
    const { source, site } = body;
    return body.deliveries.map(({ deliveryId, release, attempt }) => ({
      id: batchId(PARTITION, deliveryId, release),
      type: 'delivered',
      version: 1,
      at: this.nowMs,
      partition: PARTITION,
      deliveryId,
      messageId: deliveryId,
      tenant: 'default',
      release,
      body: {
        attempt,
        source,
        site,
        phase: 'final_dot',
        scope: 'message',
        verdict: { cause: 'accepted', scope: 'message', disposition: 'deliver', confidence: 1 },
        timings: {},
      },
    }));
  }
}
