import { readRecipient, recipientBlob } from '@penstock/mail';
import type { StoredRecord } from '@penstock/ports';
import type { SimulatedCluster } from '@penstock/simulation';
import { DeliveryFold, type FoldedDelivery } from '../fixtures/delivery-fold.ts';

/** The fold of `mail.events`, kept as it is written, with the address of each delivery. */
export class Ledger {
  readonly byAddress = new Map<string, FoldedDelivery>();
  private readonly fold = new DeliveryFold();

  constructor(private readonly cluster: SimulatedCluster) {
    cluster.log.onAppend((topic, partition, records) => {
      if (topic !== 'mail.events') return;
      for (const record of records) this.add(partition, record as StoredRecord<'mail.events'>);
    });
  }

  get pending(): number {
    return this.fold.pending;
  }

  byId(deliveryId: string): FoldedDelivery | undefined {
    return this.fold.deliveries.get(deliveryId);
  }

  private add(partition: number, record: StoredRecord<'mail.events'>): void {
    for (const delivery of this.fold.fold(partition, record)) {
      const { deliveryId, content } = delivery;
      const blob = this.cluster.content.bytes(recipientBlob(content.recipient));
      if (!blob || !this.cluster.content.bytes(content.body)) {
        throw new Error(`${deliveryId} was accepted before its content was stored`);
      }
      const { address } = readRecipient(blob, content.recipient);
      if (this.byAddress.has(address)) throw new Error(`${address} has two deliveries: expanded twice`);
      this.byAddress.set(address, delivery);
    }
  }
}
