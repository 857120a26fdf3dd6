import { derivedId, type ReputationChanged, type ReputationSubject } from '@penstock/events';
import type { Clock, EventLog } from '@penstock/ports';
import { type Due, duePublications, OutcomeWindow, type ReputationRules } from '@penstock/reputation';
import { type ControlState, reputationKey } from '@penstock/scheduling';
import { countsName } from '../deliveries/counts-position.ts';
import type { ReadModel } from '../deliveries/read-model.ts';
import type { OutcomeBook, SubjectOutcomes } from './outcome-book.ts';

export interface DueReputationsDeps {
  readonly log: Pick<EventLog, 'bounds' | 'partitionCount'>;
  readonly clock: Clock;
  readonly model: ReadModel;
  readonly book: OutcomeBook;
  /** Undefined while `mail.control` is not read to its end: what was published is not known then. */
  readonly control: () => ControlState | undefined;
  /** Partitions of `mail.events` folded here. */
  readonly partitions: () => readonly number[];
}

/** Whoever folds this partition publishes, for all. */
const PUBLISHERS_PARTITION = 0;

/**
 * The reputations that are news, as records. They follow from the read model and the log, so that a restart, or two
 * projectors that both believe it is their turn, bring the same records once more, under the same ids.
 */
export class DueReputations {
  /** Ends of the partitions at the last look. */
  private endsBefore: ReadonlyMap<number, number> = new Map();

  constructor(private readonly deps: DueReputationsDeps) {}

  /** To be asked every minute or so. */
  async due(): Promise<readonly ReputationChanged[]> {
    const { clock, book, control, partitions } = this.deps;
    const state = control();
    if (!state || !partitions().includes(PUBLISHERS_PARTITION) || !(await this.isWhole())) return [];
    const now = clock.now();
    const candidates = withVanished(await book.everybody(), state, book.rules).map(({ subject, name, window }) => ({
      subject,
      name,
      standings: window.standings(),
      published: state.reputations.get(reputationKey(subject, name)),
    }));
    const { publication } = book.rules;
    const slot = Math.floor(now / publication.everyMs);
    return duePublications(candidates, now, publication).map((due) => record(due, now, slot));
  }

  /**
   * Whether the counts hold all that stood in the log at the last look: a model that is folded anew, here or by another
   * projector, says of everybody that nothing is known.
   */
  private async isWhole(): Promise<boolean> {
    const { log, model } = this.deps;
    const before = this.endsBefore;
    const counted = await model.rows.positions();
    const ends = new Map<number, number>();
    let whole = true;
    for (let partition = 0; partition < log.partitionCount('mail.events'); partition++) {
      const { begin, end } = await log.bounds('mail.events', partition);
      ends.set(partition, end);
      const needed = before.get(partition);
      if (needed === undefined || (needed > begin && (counted.get(countsName(partition)) ?? 0) < needed)) whole = false;
    }
    this.endsBefore = ends;
    return whole;
  }
}

const SUBJECTS: readonly ReputationSubject[] = ['tenant', 'source'];

/** Also those that were rated once and of whom nothing is left. */
function withVanished(
  found: readonly SubjectOutcomes[],
  { reputations }: ControlState,
  rules: ReputationRules,
): readonly SubjectOutcomes[] {
  const known = new Set(found.map(({ subject, name }) => reputationKey(subject, name)));
  const all = [...found];
  for (const [key, { score }] of reputations) {
    const subject = SUBJECTS.find((each) => key.startsWith(reputationKey(each, '')));
    if (!subject || score === undefined || known.has(key)) continue;
    all.push({ subject, name: key.slice(reputationKey(subject, '').length), window: new OutcomeWindow(0, rules) });
  }
  return all;
}

function record({ subject, name, body }: Due, at: number, slot: number): ReputationChanged {
  const id = derivedId('reputation_changed', subject, name, slot);
  return { id, type: 'reputation_changed', version: 1, at, partition: 0, body };
}
