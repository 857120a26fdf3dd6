import type { Fact } from '@penstock/events';
import type { Archive } from '@penstock/ports';
import type { RecipientReader } from './recipient-reader.ts';
import type { DeliveryRecipient } from './webhook-event.ts';
import type { DeliveryRow, WebhookStore } from './webhook-store.ts';

/** Deliveries remembered in each of two generations: most are settled within seconds. */
const REMEMBERED = 5_000;

export function deliveryRow({ body }: Extract<Fact, { type: 'processed' }>): DeliveryRow {
  const { content, recipientHash, domain, pool, categories } = body;
  return { recipient: content.recipient, recipientHash, domain, pool, ...(categories !== undefined && { categories }) };
}

/** Whom the deliveries of an endpoint are for: remembered, stored, archived, in this order. */
export class DeliveryRecipients {
  private lately = new Map<string, DeliveryRecipient>();
  private earlier = new Map<string, DeliveryRecipient>();

  constructor(
    private readonly store: WebhookStore,
    private readonly reader: RecipientReader,
    private readonly archive: Archive | undefined,
  ) {}

  /** @param drafted what the batch that is being made knows itself and has not stored yet */
  async of(deliveryId: string, drafted: ReadonlyMap<string, DeliveryRow>): Promise<DeliveryRecipient> {
    const known = this.lately.get(deliveryId) ?? this.earlier.get(deliveryId);
    if (known) return known;
    const row = drafted.get(deliveryId) ?? (await this.store.delivery(deliveryId)) ?? (await this.archived(deliveryId));
    if (!row) return {};
    const { recipient, ...rest } = row;
    const read = await this.reader.read(recipient);
    const { address: email, customArgs } = read ?? {};
    const found: DeliveryRecipient = {
      ...rest,
      ...(email !== undefined && { email }),
      ...(customArgs !== undefined && { customArgs }),
    };
    this.remember(deliveryId, found);
    return found;
  }

  /** Of one that was accepted before the endpoint was there. */
  private async archived(deliveryId: string): Promise<DeliveryRow | undefined> {
    const [first] = (await this.archive?.read(deliveryId, 0, 1)) ?? [];
    return first?.data.type === 'processed' ? deliveryRow(first.data) : undefined;
  }

  private remember(deliveryId: string, recipient: DeliveryRecipient): void {
    if (this.lately.size >= REMEMBERED) {
      this.earlier = this.lately;
      this.lately = new Map();
    }
    this.lately.set(deliveryId, recipient);
  }
}
