export { openRedis } from './connection/open-redis.ts';
export { RedisConnection, RedisUnavailableError } from './connection/redis-connection.ts';
export type { RedisConnectionOptions } from './connection/redis-options.ts';
export { type RedisQuotaOptions, RedisQuotaStore } from './quotas/redis-quota-store.ts';
export { RedisReadModels } from './read-models/redis-read-models.ts';
