import { UserError } from '../console.ts';
import type { HttpClient } from './http-client.ts';
import type { DeferralTimeline, ReputationsView } from './reputation-views.ts';
import type {
  DeliverySummary,
  LanesView,
  MessageView,
  ProvidersView,
  ReadinessView,
  RebuildView,
  SourcesView,
  Timeline,
  Why,
} from './views.ts';

const PAGE = 1_000;
/** A submission has a thousand deliveries at most; far beyond it something is wrong with the paging. */
const MAX_PAGES = 100;

/** Does its work with the platform that runs, or with one that is stopped, whose data folder is given. */
export type UsePlatform = <T>(dataDir: string | undefined, work: (api: PlatformApi) => Promise<T>) => Promise<T>;

/** The query API by its routes, and the door that takes mail. */
export class PlatformApi {
  /** @param door the same client where it is absent */
  constructor(
    private readonly client: HttpClient,
    private readonly door: HttpClient = client,
  ) {}

  /** Posts SendGrid's v3 body; answers the message id. */
  async send(mail: object): Promise<string> {
    const { headers } = await this.door.post('/v3/mail/send', mail);
    const messageId = headers.get('x-message-id');
    if (messageId === null) throw new UserError('the platform took the mail but named no message id');
    return messageId;
  }

  async message(messageId: string): Promise<MessageView> {
    return (await this.client.get(`/v1/messages/${encodeURIComponent(messageId)}`)) as MessageView;
  }

  /** All deliveries of a message, page by page. */
  async deliveries(messageId: string): Promise<readonly DeliverySummary[]> {
    const deliveries: DeliverySummary[] = [];
    let after: number | undefined;
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = new URLSearchParams({
        limit: String(PAGE),
        ...(after === undefined ? {} : { after: String(after) }),
      });
      const path = `/v1/messages/${encodeURIComponent(messageId)}?${query}`;
      const view = (await this.client.get(path)) as MessageView;
      deliveries.push(...view.deliveries);
      after = view.next;
      if (after === undefined) break;
    }
    return deliveries;
  }

  async timeline(deliveryId: string): Promise<Timeline> {
    return (await this.client.get(`/v1/deliveries/${encodeURIComponent(deliveryId)}`)) as Timeline;
  }

  async why(deliveryId: string): Promise<Why> {
    return (await this.client.get(`/v1/deliveries/${encodeURIComponent(deliveryId)}/why`)) as Why;
  }

  async lanes(limit: number): Promise<LanesView> {
    return (await this.client.get(`/v1/lanes?limit=${limit}`)) as LanesView;
  }

  async providers(minutes: number): Promise<ProvidersView> {
    return (await this.client.get(`/v1/providers?minutes=${minutes}`)) as ProvidersView;
  }

  async sources(minutes: number): Promise<SourcesView> {
    return (await this.client.get(`/v1/sources?minutes=${minutes}`)) as SourcesView;
  }

  async reputations(query: URLSearchParams): Promise<ReputationsView> {
    return (await this.client.get(`/v1/reputation?${query}`)) as ReputationsView;
  }

  async deferrals(query: URLSearchParams): Promise<DeferralTimeline> {
    return (await this.client.get(`/v1/timelines/deferrals?${query}`)) as DeferralTimeline;
  }

  /** The records of the log as JSON Lines. */
  events(query: URLSearchParams, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> {
    return this.client.stream(`/v1/events?${query}`, signal);
  }

  /** All models if none are named. */
  async beginRebuild(models: readonly string[] | undefined, swap: boolean): Promise<RebuildView> {
    const { body } = await this.client.post('/v1/rebuilds', { ...(models && { models }), swap });
    return body as RebuildView;
  }

  async rebuild(id: string): Promise<RebuildView> {
    return (await this.client.get(`/v1/rebuilds/${encodeURIComponent(id)}`)) as RebuildView;
  }

  async cancelRebuild(id: string): Promise<RebuildView> {
    return (await this.client.delete(`/v1/rebuilds/${encodeURIComponent(id)}`)) as RebuildView;
  }

  async readiness(): Promise<ReadinessView> {
    return (await this.client.health()).body as ReadinessView;
  }
}
