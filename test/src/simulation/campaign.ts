import type { ApiKey } from '@penstock/access';
import type { Ingest } from '@penstock/ingest';
import type { SeededRandom, Simulation } from '@penstock/simulation';
import { DOMAINS, NOWHERE } from './surroundings.ts';

/** A submission that was answered with success: from here on it must not be lost. */
export interface Acknowledged {
  readonly messageId: string;
  readonly recipients: readonly string[];
}

/** What one client asks for. */
interface Mail {
  readonly n: number;
  readonly attempt: number;
  /** Sent again as it is, under one key. */
  readonly keyed: boolean;
  readonly recipients: readonly string[];
  readonly request: object;
  readonly key: ApiKey;
}

/** All at once, quickly, or over half a minute: each seed has one of them. */
const SPREADS_MS = [500, 5_000, 30_000];
/** In half of the seeds most of the mail is for one domain. */
const FOCUS = 0.8;
/** A client gives up waiting for an answer, and sends the same again. */
const PATIENCE_MS = 10_000;

/** So many clients send an Idempotency-Key: then every try is the same, and must become one mail. */
const KEYED = 0.3;

/**
 * Clients that send mail until each of their messages is acknowledged. Every try without a key has addresses of its
 * own, so that a receiver's copies tell which acceptance they come from.
 */
export class Campaign {
  readonly acknowledged: Acknowledged[] = [];
  private left: number;
  private readonly random: SeededRandom;
  private readonly focus: string | undefined;

  constructor(
    private readonly simulation: Simulation,
    private readonly ingests: () => readonly Ingest[],
    recipients: number,
  ) {
    this.random = simulation.random('campaign');
    this.focus = this.random.chance(0.5) ? this.random.pick(DOMAINS) : undefined;
    const spreadMs = this.random.pick(SPREADS_MS);
    this.left = 0;
    for (let planned = 0, n = 0; planned < recipients; n++) {
      const size = Math.min(this.random.chance(0.5) ? 1 : this.random.between(2, 5), recipients - planned);
      planned += size;
      this.left += 1;
      const mail = this.mail(n, size, 1, this.random.chance(KEYED));
      this.simulation.after(this.random.below(spreadMs), `client ${n} begins`, () => this.send(mail));
    }
  }

  get done(): boolean {
    return this.left === 0;
  }

  private send(mail: Mail): void {
    const { n, recipients } = mail;
    let settled = false;
    const again = (why: unknown) => {
      this.simulation.note(`  client ${n} has no answer: ${String(why)}`);
      if (settled) return;
      settled = true;
      this.simulation.after(this.random.between(100, 2_000), `client ${n} tries again`, () =>
        this.send(mail.keyed ? mail : this.mail(n, recipients.length, mail.attempt + 1, false)),
      );
    };
    this.simulation.after(PATIENCE_MS, '', () => again('patience'));
    const context = mail.keyed ? { idempotencyKey: `client ${n}` } : {};
    // Whichever the load balancer picks, be it one that died a moment ago.
    const ingests = this.ingests();
    const ingest = ingests.length > 0 ? this.random.pick(ingests) : undefined;
    const answer = ingest?.mailSend.send(mail.request, mail.key, context);
    answer?.then(({ status, messageId, problems }) => {
      if (status === 400 || status === 422) this.simulation.fail(new Error(`refused: ${JSON.stringify(problems)}`));
      if (status !== 202 || messageId === undefined) return again(status);
      // Who has given up waiting did not hear the answer.
      if (settled) return;
      settled = true;
      this.left -= 1;
      this.simulation.note(`  client ${n} acknowledged ${messageId}`);
      this.acknowledged.push({ messageId, recipients });
    }, again);
  }

  private mail(n: number, size: number, attempt: number, keyed: boolean): Mail {
    const recipients = Array.from({ length: size }, (_, i) => this.address(`${n}.${i}.${attempt}`));
    return { n, attempt, keyed, recipients, request: this.request(recipients), key: this.key() };
  }

  private address(local: string): string {
    const unknown = this.random.chance(0.05) ? 'unknown' : 'user';
    const domain = this.random.chance(0.04) ? NOWHERE : this.domain();
    return `${unknown}.${local}@${domain}`;
  }

  private domain(): string {
    return this.focus !== undefined && this.random.chance(FOCUS) ? this.focus : this.random.pick(DOMAINS);
  }

  private request(recipients: readonly string[]): object {
    const sendAt = Math.ceil(this.simulation.now / 1_000) + this.random.between(1, 60);
    return {
      from: { email: 'news@sender.example' },
      subject: 'Hello',
      content: [{ type: 'text/plain', value: 'A short message.' }],
      personalizations: recipients.map((email) => ({ to: [{ email }] })),
      ...(this.random.chance(0.15) ? { send_at: sendAt } : {}),
    };
  }

  private key(): ApiKey {
    const trafficClass = this.random.chance(0.3) ? 'transactional' : 'bulk';
    return { tenant: 'acme', class: trafficClass, scopes: new Set(['mail']) };
  }
}
