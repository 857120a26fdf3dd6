import type { HttpClient } from './http-client.ts';

export interface SuppressionView {
  /** Null where it cannot be read with the platform's secret key. */
  readonly address: string | null;
  readonly reason: string;
  /** ms since the epoch */
  readonly addedAt: number;
  readonly expiresAt?: number;
  readonly evidence?: { readonly deliveryId: string; readonly at: number; readonly cause: string };
}

export interface RefusedEntry {
  readonly index: number;
  readonly message: string;
}

export interface AddedSuppressions {
  readonly added: number;
  readonly unchanged: number;
  readonly refused: readonly RefusedEntry[];
}

export interface RemovedSuppressions {
  readonly removed: number;
  readonly unknown: number;
  readonly refused: readonly RefusedEntry[];
}

/** What one request takes and gives at most. */
export const PAGE = 1_000;

/** A tenant's suppressions by their routes: the key's own tenant where none is named. */
export class SuppressionsApi {
  constructor(private readonly client: HttpClient) {}

  async add(tenant: string | undefined, suppressions: readonly object[]): Promise<AddedSuppressions> {
    return (await this.client.post('/v1/suppressions', { tenant, suppressions })).body as AddedSuppressions;
  }

  async remove(tenant: string | undefined, addresses: readonly string[]): Promise<RemovedSuppressions> {
    return (await this.client.post('/v1/suppressions/remove', { tenant, addresses })).body as RemovedSuppressions;
  }

  async find(tenant: string | undefined, addresses: readonly string[]): Promise<readonly SuppressionView[]> {
    const { body } = await this.client.post('/v1/suppressions/find', { tenant, addresses });
    return (body as { readonly suppressions: readonly SuppressionView[] }).suppressions;
  }

  /** Page by page, in no order that means anything. */
  async *all(tenant: string | undefined, reason: string | undefined): AsyncGenerator<readonly SuppressionView[]> {
    let after: string | undefined;
    do {
      const query = new URLSearchParams({
        limit: String(PAGE),
        ...(tenant !== undefined && { tenant }),
        ...(reason !== undefined && { reason }),
        ...(after !== undefined && { after }),
      });
      const page = (await this.client.get(`/v1/suppressions?${query}`)) as {
        readonly suppressions: readonly SuppressionView[];
        readonly next?: string;
      };
      yield page.suppressions;
      after = page.next;
    } while (after !== undefined);
  }
}
