import type { Attempt, Control, Fact } from '@penstock/events';
import { policyVersion } from '@penstock/policy';
import type { ContentStore, EventLog, Membership, MessageSigner, SourceReach } from '@penstock/ports';
import { createDispatcher, type Dispatcher } from '../dispatcher.ts';
import { AttemptCommands, type Wanted } from './attempt-commands.ts';
import { ManualTime, settle } from './manual-time.ts';
import { ScriptedResolver } from './scripted-resolver.ts';
import { ScriptedSigner } from './scripted-signer.ts';
import { ScriptedTransport } from './scripted-transport.ts';
import type { StoppedProcess } from './stopped-process.ts';

/** One source, s1, on partition 3; a second, s2, on partition 4; suspensions of 30 s. */
export const POLICY = `
egress = "internet"
["default"]
connection_limit = 2
max_connection_rate = "6000/min,max_burst=100"
max_message_rate = "1000/s,max_burst=1000"
max_deliveries_per_connection = 50
enable_tls = "Opportunistic"
[provider."big"]
match = [{ MXSuffix = ".big.test" }]
connection_limit = 2
[source."s1"]
bind = "198.200.0.1"
ehlo_domain = "s1.penstock.test"
partition = 3
[source."s2"]
bind = "198.200.0.2"
ehlo_domain = "s2.penstock.test"
partition = 4
[pool."default"]
sources = ["s1", "s2"]
[retry]
suspend = "30s"
max_suspend = "30m"
hint_min = "1m"
hint_max = "4h"
greylist_interval = "5m"
nxdomain_interval = "1h"
[dispatch]
max_attempts_in_flight = 20
`;

export interface Given {
  readonly log: EventLog;
  readonly content: ContentStore;
  readonly policy?: string;
  readonly time?: ManualTime;
  readonly transport?: ScriptedTransport;
  readonly resolver?: ScriptedResolver;
  readonly signer?: MessageSigner;
  readonly owner?: string;
  /** Other processes may own the same sources. */
  readonly apart?: boolean;
  /** Known to be dead. */
  readonly formerOwners?: readonly string[];
  readonly reach?: SourceReach;
  readonly process?: StoppedProcess;
  /** The connection by which it is a member of the dispatchers' group, if that is another. */
  readonly group?: EventLog;
}

/** A dispatcher on a given log, with scripted hosts and DNS and time that stands still. */
export class GivenDispatcher {
  readonly time: ManualTime;
  readonly transport: ScriptedTransport;
  readonly resolver: ScriptedResolver;
  readonly logged: string[] = [];
  readonly dispatcher: Dispatcher;
  private readonly commands: AttemptCommands;
  private memberships: Membership[] = [];

  constructor(readonly given: Given) {
    this.time = given.time ?? new ManualTime();
    this.transport = given.transport ?? new ScriptedTransport(this.time);
    this.resolver = given.resolver ?? new ScriptedResolver();
    this.commands = new AttemptCommands(given.content, () => this.time.now());
    let drawn = 0;
    this.dispatcher = createDispatcher({
      log: given.log,
      content: given.content,
      clock: given.process ?? this.time,
      timers: given.process ?? this.time,
      random: {
        next: () => (drawn++ % 10) / 10,
        bytes: (length) => new Uint8Array(length).fill(++drawn + 7 * (given.owner?.charCodeAt(0) ?? 0)),
      },
      telemetry: { log: (_, event) => this.logged.push(event) },
      resolver: this.resolver,
      transport: this.transport,
      signer: given.signer ?? new ScriptedSigner(),
      owner: given.owner ?? 'spec',
      holdsFolderLock: !given.apart,
      formerOwners: given.formerOwners ?? [],
      ...(given.reach ? { reach: given.reach } : {}),
    });
  }

  /** On a log whose policy is written, joined and past the time its empty pacers need to fill. */
  static async running(given: Given): Promise<GivenDispatcher> {
    const running = new GivenDispatcher(given);
    await running.writePolicy(given.policy ?? POLICY);
    await running.join();
    await running.time.advance(5000);
    return running;
  }

  async writePolicy(text: string): Promise<void> {
    const body = { policyVersion: policyVersion(text), text, changedBy: 'spec' };
    const head = { id: `policy-${policyVersion(text)}`, version: 1 as const, at: this.time.now(), partition: 0 };
    await this.given.log.append([
      { topic: 'mail.control', partition: 0, records: [{ ...head, type: 'policy_changed', body }] },
    ]);
  }

  async join(): Promise<void> {
    await this.dispatcher.start();
    for (const consumer of this.dispatcher.consumers) {
      const log = consumer.topic === 'mail.attempts' ? (this.given.group ?? this.given.log) : this.given.log;
      this.memberships.push(await log.join(consumer));
    }
    await settle();
  }

  async leave(): Promise<void> {
    await Promise.all(this.memberships.splice(0).map((membership) => membership.leave()));
  }

  async stop(): Promise<void> {
    await this.leave();
    const stopped = this.dispatcher.stop();
    // Apart, a source is released when its receivers have seen its connections close.
    await this.time.advance(this.given.apart ? 100 : 0);
    await settle();
    await stopped;
  }

  make(wanted: Wanted = {}): Promise<Attempt> {
    return this.commands.make(wanted);
  }

  /** Commands as they come out of the log, and everything that follows at once. */
  async command(...wanted: readonly Wanted[]): Promise<void> {
    const attempts: Attempt[] = [];
    for (const one of wanted) attempts.push(await this.make(one));
    await this.append(...attempts);
  }

  async append(...attempts: readonly Attempt[]): Promise<void> {
    for (const [source, partition] of [
      ['s1', 3],
      ['s2', 4],
    ] as const) {
      const records = attempts.filter(({ body }) => (body.source === 's2' ? 's2' : 's1') === source);
      if (records.length > 0) await this.given.log.append([{ topic: 'mail.attempts', partition, records }]);
    }
    await this.time.advance(1);
    await settle();
  }

  async facts(): Promise<readonly Fact[]> {
    const stored = await this.given.log.read('mail.events', 1, 0, 10_000);
    return stored.map(({ record }) => record);
  }

  /** `delivered`, `bounced refused`, `handed_back in_doubt` … of each delivery, in the order written. */
  async outcomes(): Promise<readonly string[]> {
    return (await this.facts()).map((fact) => `${fact.deliveryId} ${described(fact)}`);
  }

  async control(): Promise<readonly Control[]> {
    const stored = await this.given.log.read('mail.control', 0, 0, 10_000);
    return stored.map(({ record }) => record);
  }

  async controlTypes(): Promise<readonly string[]> {
    return (await this.control()).map(({ type }) => type).filter((type) => type !== 'policy_changed');
  }
}

function described(fact: Fact): string {
  switch (fact.type) {
    case 'handed_back':
      return `handed_back ${fact.body.cause}`;
    case 'deferred':
      return fact.body.cause === 'remote' ? `deferred ${fact.body.phase} ${fact.body.scope}` : 'deferred held';
    case 'bounced':
      return `bounced ${fact.body.reply?.enhanced ?? fact.body.reply?.code ?? ''}`.trim();
    default:
      return fact.type;
  }
}
