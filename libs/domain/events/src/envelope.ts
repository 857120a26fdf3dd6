/** Every record of the log: who it is about, when, and a body that depends on its type. */
export interface Envelope<Type extends string, Body> {
  /** Derived from what the record says (see ids.ts): a repeated id is a repeat. */
  readonly id: string;
  readonly type: Type;
  readonly version: 1;
  /** Milliseconds since the epoch, by the writer's clock. */
  readonly at: number;
  /** Partition of `mail.events` the delivery lives in (for control records 0). */
  readonly partition: number;
  readonly deliveryId?: string;
  readonly messageId?: string;
  readonly tenant?: string;
  /** Which `released` of the delivery this answers; counts every release. */
  readonly release?: number;
  /** Offset of the writer's `partition_claimed`; scheduler's records only. */
  readonly epoch?: number;
  /** W3C trace context of the acceptance. */
  readonly traceparent?: string;
  readonly body: Body;
}
