import type { Clock, Telemetry, TimerHandle, Timers } from '@penstock/ports';
import type { Message } from 'kafkajs';
import { isPermanent } from '../client/errors.ts';
import { dueTime, type Lane, loadOf } from './lane.ts';

/** The records of one batch on their way to one partition. */
export interface PendingBatch {
  readonly messages: readonly Message[];
  readonly bytes: number;
  /** When it is to be sent at the latest, whoever else comes along; monotonic ms. */
  readonly dueAt: number;
  /** When it is given up, monotonic ms. */
  readonly deadline: number;
  resolve(offset: number): void;
  reject(error: unknown): void;
}

/** What goes to one partition with one send, and becomes one record batch there. */
export interface PartitionSend {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly Message[];
}

export interface PartitionSender {
  /** The broker that leads the partition, as far as is known. */
  leaderOf(topic: string, partition: number): number | undefined;
  /**
   * Sends all, to one leader. Answers the first offset of each partition that is known to be durable, by
   * `partitionKey`; what is missing is not known to be.
   */
  send(sends: readonly PartitionSend[]): Promise<ReadonlyMap<string, number>>;
}

export interface SendQueueOptions {
  readonly sender: PartitionSender;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  /** Most bytes of one record batch. */
  readonly maxBatchBytes: (topic: string) => number;
  /** One leader to a send, and unanswered partitions are sent again. */
  readonly guardLeaders: boolean;
  /** One send in flight for each partition. */
  readonly guardOrder: boolean;
}

/** Timers may be early by a fraction of a millisecond. */
const EARLY_MS = 0.5;
/** A request of its own costs more than it gains in being fuller. */
const SOON_MS = 10;
/** Most bytes of one send: brokers refuse 100 MiB, and whoever waits at the door waits for all of it. */
const MAX_SEND_BYTES = 8_388_608;
const FIRST_RETRY_MS = 20;
const MAX_RETRY_MS = 1_000;

export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/**
 * Batches waiting for their partition's turn. Each partition's batches go in the order in which they came, one send
 * at a time, and what was not answered goes again before what came after it: order survives any failure, and a
 * repeat is a repeat.
 */
export class SendQueue {
  private readonly lanes = new Map<string, Lane>();
  private readonly waiting = new Set<Lane>();
  /** Leaders that have a send of ours to answer. */
  private readonly busy = new Set<number>();
  private timer: TimerHandle | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private idle: (() => void)[] = [];
  private unsettled = 0;

  constructor(private readonly options: SendQueueOptions) {}

  add(topic: string, partition: number, batch: PendingBatch): void {
    const lane = this.lane(topic, partition);
    lane.pending.push(batch);
    lane.pendingBytes += batch.bytes;
    this.unsettled++;
    if (!this.isFree(lane)) return;
    this.waiting.add(lane);
    this.wakeAt(batch.dueAt);
  }

  /** Resolves when nothing is on its way any more. */
  settled(): Promise<void> {
    if (this.unsettled === 0) return Promise.resolve();
    return new Promise((resolve) => this.idle.push(resolve));
  }

  private isFree(lane: Lane): boolean {
    return lane.inFlight === 0 || !this.options.guardOrder;
  }

  private lane(topic: string, partition: number): Lane {
    const key = partitionKey(topic, partition);
    let lane = this.lanes.get(key);
    if (!lane) {
      lane = {
        key,
        topic,
        partition,
        pending: [],
        pendingBytes: 0,
        inFlight: 0,
        again: undefined,
        againAt: 0,
        tries: 0,
        alone: false,
      };
      this.lanes.set(key, lane);
    }
    return lane;
  }

  private wakeAt(at: number): void {
    if (at >= this.timerAt) return;
    this.timer?.cancel();
    this.timerAt = at;
    this.timer = this.options.timers.after(Math.max(0, at - this.options.clock.monotonic()), () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.flush();
    });
  }

  /**
   * Sends what is due, each leader's partitions together and one send at a time to each: a broker answers the requests
   * of a connection one after the other, so a second would wait there, and what comes meanwhile goes with the next.
   */
  private flush(): void {
    const now = this.options.clock.monotonic();
    const groups = new Map<number, Lane[]>();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const lane of this.waiting) {
      const leader = this.leaderOf(lane);
      if (leader !== undefined && this.busy.has(leader)) continue;
      const dueAt = dueTime(lane);
      if (dueAt > now + EARLY_MS) nextAt = Math.min(nextAt, dueAt);
      else if (leader === undefined || lane.alone) this.dispatch([lane], undefined);
      else groups.set(leader, []);
    }
    if (groups.size > 0) nextAt = this.gather(groups, now);
    for (const [leader, lanes] of groups) this.dispatch(lanes, leader);
    if (nextAt < Number.POSITIVE_INFINITY) this.wakeAt(nextAt);
  }

  /** What is due soon goes with what is due now. Answers when the next of the others is. */
  private gather(groups: ReadonlyMap<number, Lane[]>, now: number): number {
    let nextAt = Number.POSITIVE_INFINITY;
    const loads = new Map<Lane[], number>();
    for (const lane of this.waiting) {
      const leader = this.leaderOf(lane);
      const group = leader === undefined ? undefined : groups.get(leader);
      const dueAt = dueTime(lane);
      if (group && !lane.alone && dueAt <= now + SOON_MS) {
        const load = (loads.get(group) ?? 0) + loadOf(lane, this.options.maxBatchBytes(lane.topic));
        // Whoever finds no room goes first with the next: the answer to this one flushes.
        if (group.length > 0 && load > MAX_SEND_BYTES) continue;
        loads.set(group, load);
        group.push(lane);
      } else if (!group && (leader === undefined || !this.busy.has(leader))) nextAt = Math.min(nextAt, dueAt);
    }
    return nextAt;
  }

  private leaderOf({ topic, partition }: Lane): number | undefined {
    return this.options.guardLeaders ? this.options.sender.leaderOf(topic, partition) : 0;
  }

  private dispatch(lanes: readonly Lane[], leader: number | undefined): void {
    for (const lane of lanes) this.waiting.delete(lane);
    if (leader !== undefined && this.options.guardOrder) this.busy.add(leader);
    const loads = lanes.map((lane) => ({ lane, batches: this.take(lane) }));
    const sends = loads.map(({ lane, batches }) => ({
      topic: lane.topic,
      partition: lane.partition,
      messages: batches.flatMap(({ messages }) => messages),
    }));
    const sent = this.options.sender.send(sends).then(
      (offsets) => {
        for (const { lane, batches } of loads) this.answered(lane, batches, offsets.get(lane.key));
      },
      (error: unknown) => this.failed(loads, error),
    );
    if (leader === undefined) return;
    void sent.then(() => {
      this.busy.delete(leader);
      this.flush();
    });
  }

  /** What goes next: what was not answered, exactly as it was, or whatever fits into one record batch. */
  private take(lane: Lane): readonly PendingBatch[] {
    lane.inFlight++;
    if (lane.again) {
      const again = lane.again;
      lane.again = undefined;
      return again;
    }
    const room = this.options.maxBatchBytes(lane.topic);
    let bytes = 0;
    let count = 0;
    while (count < lane.pending.length) {
      bytes += lane.pending[count]?.bytes ?? 0;
      if (count > 0 && bytes > room) break;
      count++;
    }
    const taken = lane.pending.splice(0, count);
    for (const batch of taken) lane.pendingBytes -= batch.bytes;
    return taken;
  }

  private answered(lane: Lane, batches: readonly PendingBatch[], offset: number | undefined): void {
    if (offset === undefined && this.options.guardLeaders) {
      this.options.telemetry.log('warn', 'kafka_send_unanswered', { topic: lane.topic, partition: lane.partition });
      this.sendAgain(lane, batches, new Error(`no broker acknowledged what was sent to ${lane.key}`));
      return;
    }
    lane.tries = 0;
    lane.alone = false;
    let next = offset ?? -1;
    for (const batch of batches) {
      batch.resolve(next);
      next += batch.messages.length;
    }
    this.unsettled -= batches.length;
    this.release(lane);
  }

  private failed(loads: readonly { lane: Lane; batches: readonly PendingBatch[] }[], error: unknown): void {
    const permanent = isPermanent(error);
    for (const { lane, batches } of loads) {
      if (permanent && loads.length === 1) {
        this.giveUp(lane, batches, error);
        continue;
      }
      lane.alone ||= loads.length > 1;
      this.sendAgain(lane, batches, error);
    }
  }

  private sendAgain(lane: Lane, batches: readonly PendingBatch[], error: unknown): void {
    const now = this.options.clock.monotonic();
    const expired = batches.filter(({ deadline }) => deadline <= now);
    const rest = expired.length > 0 ? batches.filter(({ deadline }) => deadline > now) : batches;
    if (rest.length > 0) {
      lane.again = rest;
      lane.againAt = now + Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(lane.tries, 10));
      lane.tries++;
    }
    this.giveUp(lane, expired, error);
  }

  private giveUp(lane: Lane, batches: readonly PendingBatch[], error: unknown): void {
    for (const batch of batches) batch.reject(error);
    this.unsettled -= batches.length;
    this.release(lane);
  }

  private release(lane: Lane): void {
    lane.inFlight--;
    if (this.isFree(lane) && (lane.again || lane.pending.length > 0)) {
      this.waiting.add(lane);
      this.wakeAt(dueTime(lane));
    }
    if (this.unsettled > 0) return;
    const idle = this.idle;
    this.idle = [];
    for (const resolve of idle) resolve();
  }
}
