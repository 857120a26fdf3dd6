import type { HttpClient } from './http-client.ts';

export interface WarmupEntryView {
  /** ms since the epoch */
  readonly at: number;
  readonly event: string;
  readonly day: number;
  readonly hourlyLimit?: number;
  readonly reason?: string;
  readonly results?: {
    readonly attempted: number;
    readonly delivered: number;
    readonly deferred: number;
    readonly bounced: number;
    readonly blocked: number;
  };
  readonly by?: string;
}

export interface WarmupView {
  readonly source: string;
  readonly warming: boolean;
  readonly schedule: string;
  readonly day: number;
  readonly days?: number;
  readonly hourlyLimit?: number;
  readonly providerLimits?: Readonly<Record<string, number>>;
  /** ms since the epoch */
  readonly startedAt: number;
  readonly nextDayAt?: number;
  readonly endedAt?: number;
  readonly ledger: readonly WarmupEntryView[];
}

const PATH = '/v1/admin/warmups';

/** The warm-ups of sources; asks for the scope `operate`. */
export class WarmupsApi {
  constructor(private readonly client: HttpClient) {}

  async start(wanted: { source: string; schedule?: string; day?: number }): Promise<WarmupView> {
    return (await this.client.post(PATH, wanted)).body as WarmupView;
  }

  async stop(source: string): Promise<void> {
    await this.client.delete(`${PATH}/${encodeURIComponent(source)}`);
  }

  async list(): Promise<readonly WarmupView[]> {
    return ((await this.client.get(PATH)) as { readonly warmups: readonly WarmupView[] }).warmups;
  }

  async show(source: string): Promise<WarmupView> {
    return (await this.client.get(`${PATH}/${encodeURIComponent(source)}`)) as WarmupView;
  }
}
