import { type Policy, parsePolicy } from '@penstock/policy';
import {
  type AnyConsumer,
  type EventLog,
  type PartitionHandler,
  type Random,
  type StoredRecord,
  type Telemetry,
} from '@penstock/ports';
import { type ControlState, foldControl, INITIAL_CONTROL } from '@penstock/scheduling';
import { randomName } from './random-name.ts';

type Control = 'mail.control';

/**
 * Reads `mail.control` from its start under a group of its own and never commits. It is ready once it has reached
 * the end as it found it and a policy: nobody decides before.
 */
export class ControlFollower implements PartitionHandler<Control> {
  readonly consumer: AnyConsumer;
  private current: ControlState = INITIAL_CONTROL;
  private endAsFound = Number.POSITIVE_INFINITY;
  private readonly listeners: ((state: ControlState) => void)[] = [];
  private failure: string | undefined;
  /** Why the policy of record is none for this release. */
  private refused: string | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly telemetry: Telemetry,
    random: Random,
    service: string,
  ) {
    this.consumer = { group: `${service}-control-${randomName(random)}`, topic: 'mail.control', handler: this };
  }

  get state(): ControlState {
    return this.current;
  }

  /** Undefined when decisions may be made, else what is missing. */
  notReady(): string | undefined {
    if (this.failure) return this.failure;
    if (this.current.offset < this.endAsFound) return 'mail.control is not yet read to its end';
    if (this.refused !== undefined) return `the policy of record cannot be read: ${this.refused}`;
    if (!this.current.policy) return 'mail.control holds no policy yet';
    return undefined;
  }

  /** Called with the new state after each batch. */
  onChange(listener: (state: ControlState) => void): void {
    this.listeners.push(listener);
  }

  async assigned(partition: number): Promise<number> {
    const { begin, end } = await this.log.bounds('mail.control', partition);
    this.endAsFound = end;
    const known = this.current;
    // A member that stood still is assigned anew: nothing is forgotten meanwhile, least of all the policy.
    if (known !== INITIAL_CONTROL && known.offset >= begin && known.offset <= end) return known.offset;
    this.current = { ...INITIAL_CONTROL, offset: begin };
    return begin;
  }

  async batch(_partition: number, records: readonly StoredRecord<Control>[]): Promise<void> {
    const parse = (text: string) => this.parse(text);
    for (const { offset, record } of records) this.current = foldControl(this.current, record, offset, parse);
    if (this.refused !== undefined) this.telemetry.log('error', 'policy_refused', { error: this.refused });
    for (const listener of this.listeners) listener(this.current);
  }

  async revoked(): Promise<void> {}

  /**
   * Control is read from its start at every start: a text that an earlier release took and this one refuses must not
   * stop everything for ever, since another policy can follow it. While it is the last one, nobody decides.
   */
  private parse(text: string): Policy | undefined {
    try {
      const policy = parsePolicy(text);
      this.refused = undefined;
      return policy;
    } catch (error) {
      this.refused = String(error);
      return this.current.policy;
    }
  }

  failed(_partition: number, error: unknown): void {
    this.failure = 'mail.control could not be read';
    this.telemetry.log('error', 'control_stopped', { error: String(error) });
  }
}
