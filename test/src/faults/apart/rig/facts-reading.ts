/** `mail.events` read back and folded, with what `lifecycle` makes of each record. */
import type { KafkaLog } from '@penstock/adapter-kafka';
import {
  type ClaimState,
  deliveryFacts,
  foldClaim,
  type LifecycleState,
  type Fact as LogFact,
  lifecycle,
  NO_CLAIM,
  type Processed,
  TOPICS,
  type Transition,
} from '@penstock/events';
import type { Fact } from '../history.ts';

type ProcessedContent = Processed['body']['content'];

const READ_AT_ONCE = 1_000;

/** As read; whose mail it is about, only its content tells. `at` is that of the record. */
export type ReadFact = Omit<Fact, 'kind' | 'mail'>;

interface Known {
  readonly messageId: string;
  /** Where its recipient lies. */
  readonly recipient: ProcessedContent['recipient'] | undefined;
  state: LifecycleState | undefined;
}

/** Goes on where it was: asked again and again during a run, and once from the start at its end. */
export class FactsReading {
  /** Deliveries that have ended. */
  ended = 0;
  /** Messages of which a delivery is known, and those of which none waits any more. */
  private readonly endedMessages = new Set<string>();
  private readonly deliveries = new Map<string, Known>();
  private readonly claims = new Map<number, ClaimState>();
  private readonly next = new Map<number, number>();

  constructor(
    private readonly log: KafkaLog,
    private readonly note: (fact: ReadFact) => void = () => {},
  ) {}

  /** Reads every partition to where it ends now. */
  async catchUp(): Promise<void> {
    for (let partition = 0; partition < this.log.partitionCount(TOPICS.events); partition++) {
      const { begin, end } = await this.log.bounds(TOPICS.events, partition);
      let next = this.next.get(partition) ?? begin;
      while (next < end) {
        const records = await this.log.read(TOPICS.events, partition, next, READ_AT_ONCE);
        const last = records.at(-1);
        if (!last) break;
        for (const { offset, record } of records) this.fold(partition, offset, record);
        next = last.offset + 1;
        this.next.set(partition, next);
      }
    }
  }

  /** Of messages with one delivery each. */
  hasEnded(messageId: string): boolean {
    return this.endedMessages.has(messageId);
  }

  /** Where the recipient of each message lies. */
  recipients(): readonly (readonly [messageId: string, recipient: ProcessedContent['recipient']])[] {
    return [...this.deliveries.values()].flatMap(({ messageId, recipient }) =>
      recipient === undefined ? [] : [[messageId, recipient] as const],
    );
  }

  /** Deliveries that wait, and where they stand; for whoever looks for what became of them. */
  waiting(): readonly string[] {
    return [...this.deliveries].flatMap(([deliveryId, { state }]) =>
      state && !state.terminal ? [`${deliveryId} release ${state.release} ${state.open ? 'open' : 'closed'}`] : [],
    );
  }

  private fold(partition: number, offset: number, record: LogFact): void {
    const claim = foldClaim(this.claims.get(partition) ?? NO_CLAIM, record, offset);
    this.claims.set(partition, claim);
    for (const { deliveryId, fact } of deliveryFacts(record)) {
      const before = this.deliveries.get(deliveryId);
      const { transition, state } = lifecycle(before?.state, fact, claim.epoch);
      const messageId = before?.messageId ?? record.messageId ?? '';
      const recipient = record.type === 'processed' ? record.body.content.recipient : before?.recipient;
      if (state) this.deliveries.set(deliveryId, { messageId, recipient, state });
      if (transition === 'ended') {
        this.ended++;
        this.endedMessages.add(messageId);
      }
      const { id, type, release } = fact;
      const cause = causeOf(record);
      const mayDuplicate = repeats(record, deliveryId);
      this.note({
        id,
        at: record.at,
        partition,
        offset,
        type,
        deliveryId,
        messageId,
        release,
        counts: countsAs(transition),
        terminal: transition === 'ended',
        ...(cause !== undefined && { cause }),
        ...(mayDuplicate && { mayDuplicate }),
      });
    }
  }
}

function repeats(record: LogFact, deliveryId: string): boolean {
  if (record.type !== 'released') return false;
  return record.body.deliveries.some((each) => each.deliveryId === deliveryId && each.mayDuplicate === true);
}

function causeOf({ body }: LogFact): string | undefined {
  return 'cause' in body ? body.cause : undefined;
}

function countsAs(transition: Transition): Fact['counts'] {
  switch (transition) {
    case 'accepted':
    case 'opened':
    case 'closed':
    case 'ended':
    case 'noted':
      return 'transition';
    case 'repeat':
    case 'late':
      return transition;
    case 'stale':
    case 'unknown':
      return 'void';
  }
}
