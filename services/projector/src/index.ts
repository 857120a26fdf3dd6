export { COUNTERS, type Counter, type Counts, RATES } from './counters/counter-names.ts';
export type { DeferralFilter, DeferralRow, DeferralTimeline } from './deferrals/deferral-query.ts';
export { EventExport, type EventExportDeps } from './export/event-export.ts';
export type { EventStreams, ExportOrder, OpenedStream } from './export/event-streams.ts';
export { exportOrder } from './export/export-parameters.ts';
export type { LaneName, LaneRow } from './lanes/lane-row.ts';
export { PROJECTOR_TRANSPORT, ProjectorModule } from './projector.module.ts';
export {
  type AskedProjector,
  createProjector,
  Projector,
  type ProjectorDeps,
  type ProjectorQueries,
} from './projector.ts';
export type { Answer, Refusal } from './queries/answers.ts';
export type { DeliveryStatus } from './queries/delivery-history.ts';
export type { FactView } from './queries/fact-view.ts';
export type { Figures } from './queries/figures-query.ts';
export type { LanesView, LaneView } from './queries/lane-query.ts';
export type { LaneReason } from './queries/lane-reasons.ts';
export type { DeliverySummary, MessageView } from './queries/message-query.ts';
export type { ProvidersView, SourcesView, SourceView } from './queries/rate-query.ts';
export type { Timeline } from './queries/timeline-query.ts';
export type {
  Difference,
  ModelResult,
  RebuildList,
  RebuildOrder,
  RebuildProgress,
  RebuildState,
  RebuildView,
  SectionResult,
} from './rebuild/rebuild-view.ts';
export { type RebuildAnswer, type RebuildRefusal, Rebuilds } from './rebuild/rebuilds.ts';
export { ReputationPublisher } from './reputation/reputation-publisher.ts';
export type { ReputationsView, ReputationView } from './reputation/reputation-query.ts';
export {
  BounceSuppressor,
  type BounceSuppressorDeps,
  createBounceSuppressor,
} from './suppression/bounce-suppressor.ts';
export type { EndpointFigures } from './webhook/endpoint-queue.ts';
export { createWebhooks, Webhooks, type WebhooksDeps } from './webhook/webhooks.ts';
