/**
 * What a run of faults over services apart writes down, one entry a line of JSON, in the order in which it was learnt.
 * Times are ms of the run's own monotonic clock, from its begin: no fault moves it.
 */
export type HistoryEntry = Submission | Reception | Disturbance | Fact;

/** A client's attempt to submit; who was refused or not answered submits under a new id. */
export interface Submission {
  readonly kind: 'submission';
  readonly at: number;
  readonly answeredAt: number;
  /** Chosen by the client, in the local part of the recipient's address and in a header. */
  readonly id: string;
  readonly over: 'http' | 'smtp';
  /** `unknown`: the connection died before the answer, it may have been accepted. */
  readonly ended: 'ok' | 'failed' | 'unknown';
  /** As the answer names it. */
  readonly messageId?: string;
  /** Not before this, where the client asked for a time (`send_at`), ms of the run. */
  readonly notBefore?: number;
}

/** A receiver took a message, or was cut when it had. */
export interface Reception {
  readonly kind: 'reception';
  /** When the final dot came. */
  readonly at: number;
  readonly id: string;
  readonly provider: string;
  /** The address the connection came from. */
  readonly from: string;
  /** False where the connection was cut after the final dot, before the answer. */
  readonly answered: boolean;
  /** The id that the message itself bears in its header; empty where it bears none. Absent where nobody looked. */
  readonly names?: string;
}

export interface Disturbance {
  readonly kind: 'disturbance';
  readonly at: number;
  /** When what was disturbed ran again by itself; health is another matter. */
  readonly until: number;
  readonly fault: FaultName;
  /** A service, a broker, a provider. */
  readonly target: string;
}

export type FaultName =
  | 'sigkill'
  | 'sigstop'
  | 'broker_kill'
  | 'broker_bounce'
  | 'redis_flush'
  | 'redis_restart'
  | 'cut_after_dot'
  | 'disk_full'
  | 'clock_jump';

/** A record of `mail.events` that concerns one delivery, read when the run was over, in partition order. */
export interface Fact {
  readonly kind: 'fact';
  /** Of the record: what is appended again bears the same. */
  readonly id: string;
  /**
   * Id of the submission, from the local part of the recipient's address as its content tells it (the only thing that
   * names what was accepted though its client was not told). Empty where the content is gone.
   */
  readonly mail: string;
  readonly partition: number;
  readonly offset: number;
  readonly type: string;
  /**
   * When it was written, ms of the run, as its writer's clock tells (`at` of the record less the wall clock at the
   * run's begin). A clock that jumped tells it wrong: the checker believes the order in the partition before it.
   */
  readonly at: number;
  /** `body.cause`, where there is one. */
  readonly cause?: string;
  readonly deliveryId: string;
  readonly messageId: string;
  readonly release?: number;
  /** What `lifecycle` made of it. */
  readonly counts: 'repeat' | 'void' | 'late' | 'transition';
  readonly terminal: boolean;
  readonly mayDuplicate?: boolean;
}

/** The limits of the policy the run was made under, as a receiver can count them. */
export interface ReceiverLimit {
  readonly provider: string;
  readonly from: string;
  /** In any `periodMs`, at most so many; a burst included. */
  readonly limit: number;
  readonly periodMs: number;
}
