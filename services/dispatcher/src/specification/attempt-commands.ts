import { type Attempt, type AttemptDelivery, derivedId } from '@penstock/events';
import { encodeRecipient } from '@penstock/mail';
import type { ContentStore } from '@penstock/ports';

const encoder = new TextEncoder();

export interface Wanted {
  readonly number?: number;
  readonly source?: string;
  readonly domain?: string;
  readonly site?: string;
  readonly provider?: string;
  /** That of the provider or the site where absent. */
  readonly path?: string;
  readonly class?: 'transactional' | 'bulk';
  readonly release?: number;
  readonly startBy?: number;
  readonly expiresAt?: number;
  readonly recipients?: number;
  readonly delivery?: Partial<AttemptDelivery>;
  readonly head?: string;
  readonly body?: string;
}

/** Commands as a scheduler writes them, with their content in the store. */
export class AttemptCommands {
  private count = 0;

  constructor(
    private readonly content: ContentStore,
    private readonly now: () => number,
  ) {}

  async make(wanted: Wanted = {}): Promise<Attempt> {
    const number = wanted.number ?? ++this.count;
    const { source = 's1', domain = 'a.test', provider, release = 1, recipients = 1 } = wanted;
    const site = wanted.site ?? domain;
    const deliveries: AttemptDelivery[] = [];
    for (let index = 0; index < recipients; index++) {
      deliveries.push({ ...(await this.delivery(number, index, domain, release, wanted)), ...wanted.delivery });
    }
    return {
      id: derivedId('attempt', number, release),
      type: 'attempt',
      version: 1,
      at: this.now(),
      partition: 1,
      body: {
        source,
        site,
        ...(provider === undefined ? {} : { provider }),
        path: wanted.path ?? (provider === undefined ? `${source}|site:${site}` : `${source}|provider:${provider}`),
        domain,
        pool: 'default',
        class: wanted.class ?? 'bulk',
        startBy: wanted.startBy ?? this.now() + 60_000,
        expiresAt: wanted.expiresAt ?? this.now() + 3_600_000,
        deliveries,
      },
    };
  }

  private async delivery(
    number: number,
    index: number,
    domain: string,
    release: number,
    { head = `X-Number: ${number}\r\n`, body: text = '\r\nhello\r\n' }: Wanted,
  ): Promise<AttemptDelivery> {
    const blob = encodeRecipient({
      mailFrom: 'sender@penstock.test',
      address: `user${number}.${index}@${domain}`,
      head,
      eightBit: false,
      smtpUtf8: false,
    });
    const [body = '', recipient = ''] = await this.content.put([encoder.encode(text), blob]);
    const messageId = `m${number}`;
    return {
      deliveryId: `${messageId}.${index}.1`,
      messageId,
      tenant: 't',
      release,
      attempt: 1,
      content: { body, recipient },
      size: 100,
    };
  }
}
