import { formatDeliveryId, isMessageId } from '@penstock/events';
import type { Archive, DeliveryListed } from '@penstock/ports';
import { listing, messageStream } from '../archive/archive-entries.ts';
import type { PartitionClaims } from '../archive/partition-claims.ts';
import { type Answer, badId, found, notYetKnown, unknown } from './answers.ts';
import { DELIVERY_STATUSES, type DeliveryHistory, type DeliveryStatus, judge, readFacts } from './delivery-history.ts';
import type { Freshness } from './freshness.ts';

/** One recipient's delivery in a message. */
export interface DeliverySummary {
  readonly deliveryId: string;
  readonly domain: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Time of the last fact, ms since the epoch. */
  readonly lastFactAt?: number;
  readonly nextAttemptAt?: number;
}

export type StatusCounts = { readonly [S in DeliveryStatus]: number };

export interface MessageView {
  readonly messageId: string;
  readonly deliveries: readonly DeliverySummary[];
  /** Give it as `after` to get the next page; absent on the last one. */
  readonly next?: number;
  /** Over all deliveries of the message; on the first page only. */
  readonly counts?: StatusCounts & { readonly total: number };
}

export interface Page {
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: number;
}

/** Streams of deliveries read at once. */
const READ_AT_ONCE = 50;
/** Deliveries whose status is counted; a submission has a thousand at most. */
const MAX_COUNTED = 10_000;

/** A message's deliveries and where they are, from the archive. */
export class MessageQuery {
  constructor(
    private readonly archive: Archive,
    private readonly claims: PartitionClaims,
    private readonly freshness: Freshness,
    private readonly partitionCount: () => number,
  ) {}

  async message(tenant: string, messageId: string, page: Page): Promise<Answer<MessageView>> {
    if (!isMessageId(messageId)) return badId('messageId', '1 to 64 letters, digits, - and _');
    const from = page.after ?? 0;
    const wanted = page.after === undefined ? MAX_COUNTED : page.limit + 1;
    let listed = await this.listed(messageId, from, wanted);
    if (listed.length === 0 && from === 0) {
      if (!(await this.freshness.ofEverything())) return notYetKnown('message');
      listed = await this.listed(messageId, from, wanted);
    }
    const [first] = listed.length > 0 ? listed : await this.listed(messageId, 0, 1);
    if (first?.tenant !== tenant) return unknown('message');
    return found(await this.view(messageId, page, listed));
  }

  private async listed(messageId: string, from: number, limit: number): Promise<readonly DeliveryListed[]> {
    const events = await this.archive.read(messageStream(messageId), from, limit);
    if (events.length === 0 && from === 0) return this.single(messageId);
    return events.map(({ data }) => data).filter((data) => data.type === 'delivery_listed');
  }

  /** The delivery of a message that was never expanded; its partition is not known from the message's id. */
  private async single(messageId: string): Promise<readonly DeliveryListed[]> {
    const partitions = Array.from({ length: this.partitionCount() }, (_, partition) => partition);
    const found = await Promise.all(
      partitions.map((partition) => this.archive.read(formatDeliveryId({ messageId, index: 0, partition }), 0, 1)),
    );
    return found.flat().flatMap(({ data }) => (data.type === 'processed' ? [listing(data)] : []));
  }

  private async view(messageId: string, page: Page, listed: readonly DeliveryListed[]): Promise<MessageView> {
    const counted = page.after === undefined;
    const summaries = await this.summaries(counted ? listed : listed.slice(0, page.limit));
    const more = listed.length > page.limit;
    return {
      messageId,
      deliveries: summaries.slice(0, page.limit),
      ...(more && { next: (page.after ?? 0) + page.limit }),
      ...(counted && { counts: countStatuses(summaries) }),
    };
  }

  private async summaries(listed: readonly DeliveryListed[]): Promise<readonly DeliverySummary[]> {
    const summaries: DeliverySummary[] = [];
    for (let at = 0; at < listed.length; at += READ_AT_ONCE) {
      summaries.push(...(await this.summariesAtOnce(listed.slice(at, at + READ_AT_ONCE))));
    }
    return summaries;
  }

  private async summariesAtOnce(listed: readonly DeliveryListed[]): Promise<readonly DeliverySummary[]> {
    const streams = await Promise.all(listed.map(({ deliveryId }) => readFacts(this.archive, deliveryId)));
    const partitions = new Set(streams.flatMap(([first]) => (first ? [first.partition] : [])));
    await Promise.all([...partitions].map((partition) => this.claims.refresh(partition)));
    return listed.map((entry, index) => summary(entry, judge(streams[index] ?? [], this.claims)));
  }
}

function summary({ deliveryId, domain }: DeliveryListed, history: DeliveryHistory): DeliverySummary {
  const { status, state, dueAt, facts } = history;
  const last = facts.at(-1)?.fact.at;
  return {
    deliveryId,
    domain,
    status,
    attempts: state?.attempts ?? 0,
    ...(last !== undefined && { lastFactAt: last }),
    ...(dueAt !== undefined && { nextAttemptAt: dueAt }),
  };
}

function countStatuses(summaries: readonly DeliverySummary[]): StatusCounts & { total: number } {
  const count = (status: DeliveryStatus) => summaries.filter((summary) => summary.status === status).length;
  const counts = Object.fromEntries(DELIVERY_STATUSES.map((status) => [status, count(status)]));
  return { ...(counts as Record<DeliveryStatus, number>), total: summaries.length };
}
