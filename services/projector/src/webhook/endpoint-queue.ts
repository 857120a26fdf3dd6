import type { Webhook } from '@penstock/directory';
import { NO_CLAIM, recordSetAside } from '@penstock/events';
import {
  type Archive,
  type Clock,
  type ContentStore,
  type EventLog,
  type Random,
  type Telemetry,
  type TimerHandle,
  type Timers,
  type WebhookSender,
} from '@penstock/ports';
import { BatchMaker } from './batch-maker.ts';
import { DeliveryRecipients } from './delivery-recipients.ts';
import type { EventBatch } from './event-batch.ts';
import type { RecipientReader } from './recipient-reader.ts';
import { startOffset } from './start-offset.ts';
import type { Place, WebhookStore } from './webhook-store.ts';

export interface EndpointQueueDeps {
  readonly log: EventLog;
  readonly content: Pick<ContentStore, 'get'>;
  readonly archive?: Archive | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly sender: WebhookSender;
  /** Longest an event waits for others to be posted with, ms. */
  readonly lingerMs?: number;
}

export interface EndpointFigures {
  readonly tenant: string;
  /** Requests the address took. */
  readonly posted: number;
  readonly events: number;
  /** Requests it did not take. */
  readonly failed: number;
  /** Events given up after a day. */
  readonly dead: number;
  /** Records of the log it has not looked at yet. */
  readonly behind: number;
  /** Of the oldest event that is being posted, ms since the epoch. */
  readonly oldestAt: number | undefined;
}

/** An event that was not taken for so long is given up, as at SendGrid. */
const GIVE_UP_MS = 24 * 3_600_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 600_000;

interface Cursor {
  place: Place;
  /** Of the partition, as far as is known. */
  end: number;
}

/**
 * What one tenant is told, at its own pace: a request at a time, in the order of the log within each partition, so in
 * that of each delivery. It reads the log by itself from where it stands, so an address that takes nothing costs its
 * position and one batch, and nobody else waits for it.
 */
export class EndpointQueue {
  private readonly cursors = new Map<number, Cursor>();
  /** Ends of the partitions whose place is not known yet. */
  private readonly assigned = new Map<number, number>();
  private readonly maker: BatchMaker;
  private readonly counts = { posted: 0, events: 0, failed: 0, dead: 0 };
  private posting: EventBatch | undefined;
  private stopping = false;
  private failing = false;
  /** The endpoint was set anew. */
  private urgent = false;
  /** There is more than the last batch could take. */
  private more = false;
  private wake: (() => void) | undefined;
  private readonly running: Promise<void>;

  constructor(
    private webhook: Webhook,
    private readonly deps: EndpointQueueDeps,
    private readonly store: WebhookStore,
    reader: RecipientReader,
    /** Opens the sealed key; throws where it cannot be. */
    private readonly keyOf: (webhook: Webhook) => Uint8Array,
  ) {
    const recipients = new DeliveryRecipients(store, reader, deps.archive);
    this.maker = new BatchMaker(deps.log, recipients, (partition, from, to) =>
      this.note('error', 'webhook_events_lost', { partition, from, to }),
    );
    this.running = this.run();
  }

  get figures(): EndpointFigures {
    let behind = 0;
    for (const { place, end } of this.cursors.values()) behind += Math.max(0, end - place.next);
    return { tenant: this.webhook.tenant, ...this.counts, behind, oldestAt: this.posting?.oldestAt };
  }

  /** Another address, key or choice of events; what is under way is tried again at once. */
  change(webhook: Webhook): void {
    if (this.webhook === webhook) return;
    this.webhook = webhook;
    this.urgent = true;
    this.wake?.();
  }

  /** The partition is read here now, whose end is known to be at `end`. */
  assign(partition: number, end: number): void {
    this.assigned.set(partition, end);
    this.wake?.();
  }

  reached(partition: number, end: number): void {
    const cursor = this.cursors.get(partition);
    if (cursor) cursor.end = Math.max(cursor.end, end);
    else if (this.assigned.has(partition)) this.assigned.set(partition, end);
    this.wake?.();
  }

  revoke(partition: number): void {
    this.assigned.delete(partition);
    this.cursors.delete(partition);
  }

  /** Resolves when the request under way has been answered; what was not taken is posted again by whoever is next. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.wake?.();
    await this.running;
  }

  private async run(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.stopping) {
      try {
        if (this.assigned.size > 0) await this.findPlaces();
        if (!this.somethingNew()) await this.pause();
        else await this.postNext();
        waitMs = FIRST_WAIT_MS;
      } catch (error) {
        this.note('error', 'webhook_stalled', { error: String(error) });
        await this.pause(waitMs);
        waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
      }
    }
  }

  private async findPlaces(): Promise<void> {
    const { log, clock } = this.deps;
    for (const partition of this.assigned.keys()) {
      const since = Math.max(this.webhook.since, clock.now() - GIVE_UP_MS);
      const place = (await this.store.place(partition)) ?? {
        next: await startOffset(log, partition, since),
        claim: NO_CLAIM,
      };
      const end = this.assigned.get(partition);
      // Undefined where it was given up meanwhile.
      if (end !== undefined) this.cursors.set(partition, { place, end });
      this.assigned.delete(partition);
    }
  }

  private somethingNew(): boolean {
    if (this.assigned.size > 0) return true;
    for (const { place, end } of this.cursors.values()) if (place.next < end) return true;
    return false;
  }

  private async postNext(): Promise<void> {
    if (!this.more) await this.pause(this.deps.lingerMs ?? 1_000);
    const owned = new Map(this.cursors);
    const batch = await this.maker.make(this.webhook, owned);
    this.more = batch.full;
    this.posting = batch;
    const settled = batch.size === 0 || (await this.posted(batch));
    this.posting = undefined;
    if (!settled) return;
    if (!batch.moved) return;
    // What was revoked meanwhile is another's; its position too.
    for (const partition of batch.places.keys()) {
      if (this.cursors.get(partition) !== owned.get(partition)) batch.places.delete(partition);
    }
    await this.store.advance(batch);
    for (const [partition, place] of batch.places) {
      const cursor = this.cursors.get(partition);
      if (cursor) cursor.place = place;
    }
  }

  /** Until the address has taken what is not given up; false where stopping came first. */
  private async posted(batch: EventBatch): Promise<boolean> {
    for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
      const { size } = batch;
      const refused = await this.post(batch);
      if (refused === undefined) {
        this.counts.posted++;
        this.counts.events += size;
        return true;
      }
      this.counts.failed++;
      await this.giveUp(batch, refused);
      if (batch.size === 0) return true;
      if (this.stopping) return false;
      await this.pause(waitMs * (0.5 + this.deps.random.next() / 2));
      if (this.stopping) return false;
    }
  }

  /** Undefined when the address took it, else why not. */
  private async post(batch: EventBatch): Promise<string | undefined> {
    const { sender, clock } = this.deps;
    const { url } = this.webhook;
    const timestamp = Math.floor(clock.now() / 1000);
    const answer = await sender.post({ url, body: batch.body(), timestamp, privateKey: this.keyOf(this.webhook) });
    const taken = answer.kind === 'answered' && answer.status >= 200 && answer.status < 300;
    const refused = answer.kind === 'answered' ? `it answered ${answer.status}` : answer.reason;
    if (taken && this.failing) this.note('info', 'webhook_taken_again', {});
    if (!taken && !this.failing) this.note('warn', 'webhook_not_taken', { reason: refused });
    this.failing = !taken;
    return taken ? undefined : refused;
  }

  private async giveUp(batch: EventBatch, reason: string): Promise<void> {
    const { clock, log } = this.deps;
    const old = batch.expire(clock.now() - GIVE_UP_MS);
    if (old.length === 0) return;
    this.counts.dead += old.length;
    this.note('error', 'webhook_events_given_up', { events: old.length, reason });
    const group = `webhook ${this.webhook.tenant}`;
    const records = old.map(({ partition, offset }) =>
      recordSetAside(clock.now(), { group, topic: 'mail.events', partition, offset, reason }),
    );
    await log.append([{ topic: 'mail.dead', partition: 0, records }]);
  }

  /** Until there is something new, or for so long; only what is urgent ends a wait for a time. */
  private pause(ms?: number): Promise<void> {
    this.urgent = false;
    if (this.stopping) return Promise.resolve();
    return new Promise((resolve) => {
      let timer: TimerHandle | undefined;
      const done = () => {
        timer?.cancel();
        this.wake = undefined;
        resolve();
      };
      if (ms !== undefined) timer = this.deps.timers.after(ms, done);
      this.wake = () => (ms === undefined || this.urgent || this.stopping ? done() : undefined);
    });
  }

  private note(level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>): void {
    this.deps.telemetry.log(level, event, { tenant: this.webhook.tenant, ...fields });
  }
}
