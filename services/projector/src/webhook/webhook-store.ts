import { type ClaimState, NO_CLAIM } from '@penstock/events';
import { type JsonValue, type KeyedStore, prefixEnd } from '@penstock/ports';

/** What of `processed` later events of the delivery need. */
export interface DeliveryRow {
  readonly recipient: string;
  readonly recipientHash: string;
  readonly domain: string;
  readonly pool: string;
  readonly categories?: readonly string[];
}

/** Where an endpoint goes on in a partition. */
export interface Place {
  readonly next: number;
  readonly claim: ClaimState;
}

export interface Advance {
  readonly places: ReadonlyMap<number, Place>;
  readonly added: ReadonlyMap<string, DeliveryRow>;
  readonly ended: Iterable<string>;
}

const PAGE = 1_000;

/** Of one endpoint: how far it has come, and the deliveries that are under way. Written in one transaction. */
export class WebhookStore {
  /** @param name of the endpoint and when it began: one that was removed and set again begins anew */
  constructor(
    private readonly store: KeyedStore,
    private readonly name: string,
  ) {}

  async place(partition: number): Promise<Place | undefined> {
    const next = (await this.store.positions()).get(this.position(partition));
    if (next === undefined) return undefined;
    const claim = (await this.store.get(this.claim(partition))) as ClaimState | undefined;
    return { next, claim: claim ?? NO_CLAIM };
  }

  async delivery(deliveryId: string): Promise<DeliveryRow | undefined> {
    return (await this.store.get(this.row(deliveryId))) as DeliveryRow | undefined;
  }

  async advance({ places, added, ended }: Advance): Promise<void> {
    await this.store.write({
      positions: new Map([...places].map(([partition, { next }]) => [this.position(partition), next])),
      puts: [
        ...[...places].map(([partition, { claim }]) => ({ key: this.claim(partition), value: json(claim) })),
        ...[...added].map(([deliveryId, row]) => ({ key: this.row(deliveryId), value: json(row) })),
      ],
      deletes: [...ended].map((deliveryId) => this.row(deliveryId)),
    });
  }

  /** Forgets the deliveries; the positions stay, a few bytes under a name that never comes again. */
  async forget(): Promise<void> {
    const from = `${this.name}/`;
    for (;;) {
      const rows = await this.store.range({ from, to: prefixEnd(from), limit: PAGE });
      if (rows.length === 0) return;
      await this.store.write({ deletes: rows.map(({ key }) => key) });
    }
  }

  private position(partition: number): string {
    return `${this.name}/${partition}`;
  }

  private claim(partition: number): string {
    return `${this.name}/claim/${partition}`;
  }

  private row(deliveryId: string): string {
    return `${this.name}/delivery/${deliveryId}`;
  }
}

function json(value: ClaimState | DeliveryRow): JsonValue {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as JsonValue;
}
