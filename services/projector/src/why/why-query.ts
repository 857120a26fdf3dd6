import type { Clock } from '@penstock/ports';
import type { ControlState } from '@penstock/scheduling';
import { type Answer, found } from '../queries/answers.ts';
import type { DeliveryHistory, DeliveryStatus } from '../queries/delivery-history.ts';
import type { LaneQuery } from '../queries/lane-query.ts';
import type { LaneReason } from '../queries/lane-reasons.ts';
import type { TimelineQuery } from '../queries/timeline-query.ts';
import { type AttemptWhy, attemptReasons } from './attempt-reasons.ts';
import { endText } from './end-text.ts';
import { type WaitingWhy, waitingReasons } from './waiting-reasons.ts';
import { span, time } from './words.ts';

/** Why a delivery went when and where it did, or why it still waits. */
export interface Why {
  readonly deliveryId: string;
  readonly status: DeliveryStatus;
  /** What matters most, in a sentence or two. */
  readonly answer: string;
  readonly attempts: readonly AttemptWhy[];
  readonly waiting?: WaitingWhy;
}

/**
 * Explains a tenant's own delivery. What it went by is told from its facts, each decision as it was recorded; what it
 * waits for now from its facts, its lane and mail.control. Of other mail of the lane nothing is told but why it waits.
 */
export class WhyQuery {
  constructor(
    private readonly timelines: Pick<TimelineQuery, 'history'>,
    private readonly lanes: Pick<LaneQuery, 'lanes'>,
    private readonly control: () => ControlState,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  async why(tenant: string, deliveryId: string): Promise<Answer<Why>> {
    const answer = await this.timelines.history(tenant, deliveryId);
    if (answer.kind !== 'found') return answer;
    const history = answer.value;
    const surroundings = { lane: await this.laneReasons(history), control: this.control(), now: this.clock.now() };
    const waiting = waitingReasons(history, surroundings);
    const attempts = attemptReasons(history.facts);
    const told = { answer: sentence(history, waiting), attempts, ...(waiting && { waiting }) };
    return found({ deliveryId, status: history.status, ...told });
  }

  private async laneReasons({ facts, status }: DeliveryHistory): Promise<readonly LaneReason[]> {
    const processed = facts.map(({ fact }) => fact).find((fact) => fact.type === 'processed');
    if (processed?.type !== 'processed' || (status !== 'waiting' && status !== 'held')) return [];
    const { pool, domain, class: trafficClass } = processed.body;
    const { lanes } = await this.lanes.lanes({ pool, domain, class: trafficClass, limit: 1 });
    return lanes[0]?.reasons ?? [];
  }
}

function sentence({ facts, status }: DeliveryHistory, waiting: WaitingWhy | undefined): string {
  if (waiting) return waitingSentence(waiting);
  const end = facts.findLast(({ transition }) => transition === 'ended')?.fact;
  const [first] = facts;
  if (!end || !first) return `It is ${status}.`;
  return `It ended ${time(end.at)}, ${span(end.at - first.fact.at)} after it was accepted: ${status}. ${endText(end)}`;
}

const BEGINNINGS: Readonly<Record<WaitingWhy['for'], string>> = {
  send_at: 'It waits for its time.',
  receiver: 'It waits because the receiver put it off.',
  us: 'It waits for us.',
  outcome: 'It is on its way.',
};

function waitingSentence({ for: whom, because, expectedAt, expiresAt }: WaitingWhy): string {
  const next = expectedAt === undefined ? '' : ` It is expected to be tried at ${time(expectedAt)} or soon after.`;
  const end = expiresAt === undefined ? '' : ` Undelivered, it is dropped at ${time(expiresAt)}.`;
  return [BEGINNINGS[whom], ...because].join(' ') + next + end;
}
