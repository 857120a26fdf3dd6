import type { DeliveryRow, Place } from './webhook-store.ts';

/** As much as SendGrid posts at once. */
const MAX_BYTES = 768 * 1024;
const MAX_EVENTS = 1_000;
/** Of anybody's: a batch that finds nothing of the tenant's ends too, and where it stands is kept. */
const MAX_RECORDS = 20_000;

export interface DraftedEvent {
  readonly text: string;
  readonly partition: number;
  readonly offset: number;
  /** ms since the epoch */
  readonly at: number;
}

/** What is posted in one request, and what is stored once it was taken. */
export class EventBatch {
  readonly places = new Map<number, Place>();
  readonly added = new Map<string, DeliveryRow>();
  readonly ended = new Set<string>();
  private events: DraftedEvent[] = [];
  private readonly ids = new Set<string>();
  private bytes = 2;
  private records = 0;

  get full(): boolean {
    return this.events.length >= MAX_EVENTS || this.bytes >= MAX_BYTES || this.records >= MAX_RECORDS;
  }

  get size(): number {
    return this.events.length;
  }

  /** Of the oldest event, ms since the epoch; undefined where there is none. */
  get oldestAt(): number | undefined {
    return this.events.length > 0 ? this.events.reduce((oldest, { at }) => Math.min(oldest, at), Infinity) : undefined;
  }

  /** Whether anything was read, of whomever. */
  get moved(): boolean {
    return this.places.size > 0;
  }

  holds(id: string): boolean {
    return this.ids.has(id);
  }

  /** Whether one of this size is still taken; a batch always takes its first. */
  fits(text: string): boolean {
    return this.events.length === 0 || this.bytes + Buffer.byteLength(text) + 1 <= MAX_BYTES;
  }

  add(id: string, event: DraftedEvent): void {
    this.ids.add(id);
    this.events.push(event);
    this.bytes += Buffer.byteLength(event.text) + 1;
  }

  /** The record before `place.next` is done with. */
  passed(partition: number, place: Place): void {
    this.places.set(partition, place);
    this.records++;
  }

  /** Takes the events of before this time out, and answers them. */
  expire(before: number): readonly DraftedEvent[] {
    const old = this.events.filter(({ at }) => at < before);
    if (old.length > 0) this.events = this.events.filter(({ at }) => at >= before);
    return old;
  }

  body(): Uint8Array {
    return new TextEncoder().encode(`[${this.events.map(({ text }) => text).join(',')}]`);
  }
}
