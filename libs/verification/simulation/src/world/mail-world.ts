import type { SmtpReply } from '@penstock/events';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { Simulation } from '../simulation.ts';
import type { Sites } from './sites.ts';

/** Something a receiver saw, when it saw it. `client` is the EHLO name, one per source. */
export type WorldEvent =
  | { readonly kind: 'opened' | 'closed'; readonly at: number; readonly client: string; readonly site: string }
  | { readonly kind: 'mail'; readonly at: number; readonly client: string; readonly site: string }
  | {
      readonly kind: 'recipient' | 'refused' | 'accepted';
      readonly at: number;
      readonly client: string;
      readonly site: string;
      readonly recipient: string;
      /** Whether the process that sent it still lived when it arrived. */
      readonly senderAlive: boolean;
    };

/** Something that leaves for a receiver, as it leaves: `sender` is the label of the process. */
export interface Departure {
  readonly what: 'connect' | 'mail' | 'content';
  readonly sender: string;
  readonly client: string;
}

/** A connection as the receiver knows it. */
export interface WorldConnection {
  readonly client: string;
  readonly site: string;
  open: boolean;
}

export const REPLIES = {
  accepted: reply(250, '2.0.0', 'OK'),
  tooManyConnections: reply(421, '4.7.28', 'Too many connections from your address, try again later'),
  notWelcome: reply(554, '5.7.1', 'No SMTP service here'),
  senderLater: reply(451, '4.7.500', 'Server busy. Please try again later'),
  mailboxFull: reply(452, '4.2.2', 'The recipient is over quota'),
  unknownUser: reply(550, '5.1.1', 'User unknown'),
} as const;

function reply(code: number, enhanced: string, text: string): SmtpReply {
  return { code, enhanced, text: `${enhanced} ${text}` };
}

/** What lies at the other end of every connection. It remembers what it truly accepted. */
export class MailWorld {
  readonly accepted = new Map<string, number>();
  private readonly observers: ((event: WorldEvent) => void)[] = [];
  private readonly departureObservers: ((departure: Departure) => void)[] = [];

  constructor(
    readonly simulation: Simulation,
    readonly faults: FaultPlan,
    readonly sites: Sites,
  ) {}

  onEvent(observer: (event: WorldEvent) => void): void {
    this.observers.push(this.simulation.guard(observer));
  }

  /** Called when something leaves, which is when its sender must have the right to send it. */
  onDeparture(observer: (departure: Departure) => void): void {
    this.departureObservers.push(this.simulation.guard(observer));
  }

  leaves(departure: Departure): void {
    for (const observer of this.departureObservers) observer(departure);
  }

  open(client: string, site: string): WorldConnection {
    this.tell({ kind: 'opened', at: this.simulation.now, client, site });
    return { client, site, open: true };
  }

  close(connection: WorldConnection): void {
    if (!connection.open) return;
    connection.open = false;
    this.tell({ kind: 'closed', at: this.simulation.now, client: connection.client, site: connection.site });
  }

  /** `MAIL FROM` arrived: the refusal, or undefined. */
  mail({ client, site }: WorldConnection): SmtpReply | undefined {
    this.tell({ kind: 'mail', at: this.simulation.now, client, site });
    return this.faults.happens('mail_refused') ? REPLIES.senderLater : undefined;
  }

  /** `RCPT TO` arrived: the refusal, or undefined. Who is unknown stays unknown. */
  recipient({ client, site }: WorldConnection, recipient: string, senderAlive: boolean): SmtpReply | undefined {
    const about = { at: this.simulation.now, client, site, recipient, senderAlive };
    this.tell({ kind: 'recipient', ...about });
    if (recipient.startsWith('unknown') || this.faults.happens('recipient_refused')) {
      this.tell({ kind: 'refused', ...about });
      return REPLIES.unknownUser;
    }
    return this.faults.happens('recipient_deferred') ? REPLIES.mailboxFull : undefined;
  }

  /** The final dot was read and the message stored. */
  accept({ client, site }: WorldConnection, recipient: string, senderAlive: boolean): void {
    this.accepted.set(recipient, (this.accepted.get(recipient) ?? 0) + 1);
    this.tell({ kind: 'accepted', at: this.simulation.now, client, site, recipient, senderAlive });
  }

  private tell(event: WorldEvent): void {
    const who = 'recipient' in event ? ` ${event.recipient}` : '';
    this.simulation.note(`  world ${event.kind} ${event.client} → ${event.site}${who}`);
    for (const observer of this.observers) observer(event);
  }
}
