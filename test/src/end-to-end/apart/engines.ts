/** The engines that services apart need: those that PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS name, else started here. */
import { startStack } from '@penstock/local-stack';

export interface Engines {
  readonly brokers: readonly string[];
  readonly redisUrl: string;
  stop(): Promise<unknown>;
}

/** @param folder of the stack, if one has to be started */
export async function findEngines(folder: string): Promise<Engines> {
  const { PENSTOCK_TEST_KAFKA: kafka, PENSTOCK_TEST_REDIS: redis } = process.env;
  if (kafka && redis) {
    const redisUrl = redis.includes('://') ? redis : `redis://${redis}`;
    return { brokers: kafka.split(','), redisUrl, stop: async () => {} };
  }
  const stack = await startStack({ folder, basePort: 'free', only: ['kafka', 'redis'] });
  const { kafka: brokers, redis: redisUrl } = stack.addresses;
  return { brokers, redisUrl, stop: () => stack.down({ wipe: true }) };
}
