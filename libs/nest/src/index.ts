import 'reflect-metadata';

export * from './access/api-key.guard.ts';
export * from './access/http-errors.ts';
export * from './access/http-server-options.ts';
export * from './health/health.controller.ts';
export * from './logging/nest-logger.ts';
export * from './logging/pino-telemetry.ts';
export * from './logging/redaction.ts';
export * from './metrics/metric-names.ts';
export * from './metrics/metrics.controller.ts';
export * from './settings/schemas.ts';
export * from './settings/settings.ts';
export * from './shutdown/shutdown-signals.ts';
export * from './transport/batch-controller.ts';
export * from './transport/batch-pattern.ts';
export * from './transport/log-strategy.ts';
export * from './transport/original-errors.filter.ts';
export * from './transport/partition-batch.ts';
