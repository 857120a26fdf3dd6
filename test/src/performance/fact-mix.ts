/** Facts as a day of mail makes them: a mix of fates, in the order in which a partition would hold them. */
import { batchId, derivedId, type Fact, type FactType, factId, formatDeliveryId } from '@penstock/events';

export const MIX_PARTITIONS = 4;
/** Deliveries under way at once in a partition. */
const UNDER_WAY = 400;
const RELEASED_TOGETHER = 5;
const DAY = 24 * 60 * 60 * 1000;
const PROVIDERS = ['gmail', 'microsoft', 'yahoo', undefined] as const;

type Fate = 'delivered' | 'retried' | 'bounced' | 'held' | 'dropped' | 'lost' | 'waits';

/** Of a hundred deliveries. */
const FATES: readonly (readonly [Fate, number])[] = [
  ['delivered', 70],
  ['retried', 12],
  ['bounced', 8],
  ['held', 5],
  ['dropped', 2],
  ['lost', 1],
  ['waits', 2],
];
const FATE_OF: readonly Fate[] = FATES.flatMap(([fate, count]) => Array.from({ length: count }, () => fate));

/** What is still to come for one delivery, first to last. */
interface Life {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly n: number;
  readonly steps: Step[];
  release: number;
}

type Step = 'release' | 'deliver' | 'defer' | 'bounce' | 'hold' | 'drop' | 'lose';

const STEPS: Readonly<Record<Fate, readonly Step[]>> = {
  delivered: ['release', 'deliver'],
  retried: ['release', 'defer', 'release', 'deliver'],
  bounced: ['release', 'bounce'],
  held: ['hold', 'release', 'deliver'],
  dropped: ['hold', 'drop'],
  lost: ['release', 'lose', 'release', 'deliver'],
  waits: [],
};

/** The facts of one partition, begun by a claim at offset 0, over a day that ends at `end`. */
export function* partitionFacts(partition: number, facts: number, end: number): Generator<Fact> {
  const claimId = derivedId('claim', partition);
  const begin = end - DAY;
  const step = DAY / Math.max(1, facts);
  let written = 0;
  let batches = 0;
  const at = () => Math.floor(begin + written * step);
  yield {
    ...base(batchId(partition, claimId, 0), 'partition_claimed', partition, at()),
    body: { claimId, owner: 'mix' },
  };
  written++;
  const underWay: Life[] = [];
  let releasing: Life[] = [];
  for (let n = partition; written < facts; n += MIX_PARTITIONS) {
    const life = begun(n, partition);
    yield processed(life, partition, at());
    written++;
    underWay.push(life);
    if (underWay.length < UNDER_WAY) continue;
    for (const one of underWay.splice(0, UNDER_WAY / 2)) {
      const next = one.steps.shift();
      if (next === undefined) continue;
      if (next === 'release') {
        releasing.push(one);
        if (releasing.length < RELEASED_TOGETHER) continue;
        yield released(releasing, batchId(partition, claimId, ++batches), partition, at());
        underWay.push(...releasing);
        releasing = [];
      } else {
        yield outcome(next, one, partition, at());
        underWay.push(one);
      }
      if (++written >= facts) return;
    }
  }
}

function begun(n: number, partition: number): Life {
  const messageId = `mix${String(n).padStart(9, '0')}${derivedId('message', n).slice(0, 10)}`;
  const fate = FATE_OF[(n * 37) % FATE_OF.length] ?? 'delivered';
  const deliveryId = formatDeliveryId({ messageId, index: 0, partition });
  return { deliveryId, messageId, n, steps: [...STEPS[fate]], release: 0 };
}

function base<T extends FactType>(id: string, type: T, partition: number, at: number) {
  return { id, type, version: 1 as const, at, partition };
}

function about<T extends FactType>(life: Life, type: T, partition: number, at: number) {
  const { deliveryId, messageId, n, release } = life;
  const id = factId(deliveryId, release, type, '');
  return { ...base(id, type, partition, at), deliveryId, messageId, tenant: tenantOf(n), release };
}

/** Nine in ten deliveries are one tenant's. */
export function tenantOf(n: number): string {
  return n % 10 === 0 ? 'umbrella' : 'acme';
}

function processed(life: Life, partition: number, at: number): Fact {
  return {
    ...about(life, 'processed', partition, at),
    body: {
      content: { body: '1-13mh-36u', recipient: '1-16tk-8d' },
      index: 0,
      domain: `d${life.n % 40}.example`,
      recipientHash: derivedId(life.n),
      class: life.n % 4 === 3 ? 'transactional' : 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 4_435,
      protocol: 'http',
      expanded: false,
    },
  };
}

function routeOf(n: number) {
  const provider = PROVIDERS[n % PROVIDERS.length];
  const source = `ip-${n % 3}`;
  const site = `mx.${provider ?? 'example'}.example`;
  return { source, site, ...(provider !== undefined && { provider }) };
}

function released(lives: readonly Life[], id: string, partition: number, at: number): Fact {
  const route = routeOf(lives[0]?.n ?? 0);
  const path = `${route.source}|${route.provider ? `provider:${route.provider}` : `site:${route.site}`}`;
  const deliveries = lives.map((life) => {
    life.release++;
    return { deliveryId: life.deliveryId, release: life.release, attempt: life.release, retryMs: 300_000 };
  });
  return {
    ...base(id, 'released', partition, at),
    epoch: 0,
    body: {
      ...route,
      path,
      pool: 'default',
      class: 'bulk',
      deliveries,
      startBy: at + 60_000,
      unknownRetryMs: 3_600_000,
      decision: { passedOver: [], credit: { path, limit: 10, used: 0 }, budgets: [] },
      policyVersion: '9b568103eb0b',
      controlOffset: 2,
    },
  };
}

function outcome(step: Exclude<Step, 'release'>, life: Life, partition: number, at: number): Fact {
  const route = routeOf(life.n);
  const host = { name: route.site, address: '192.0.2.1', port: 25 };
  const timings = { queuedMs: 36.300449, connectMs: 32.359929, transactionMs: 20.969985 };
  const met = { ...route, attempt: life.release, phase: 'final_dot', scope: 'recipient', host, timings } as const;
  const verdict = (cause: string, disposition: 'deliver' | 'defer' | 'bounce' | 'unknown') =>
    ({ cause, scope: 'recipient', disposition, confidence: 1 }) as const;
  switch (step) {
    case 'deliver': {
      const reply = { code: 250, enhanced: '2.0.0', text: 'taken' };
      return {
        ...about(life, 'delivered', partition, at),
        body: { ...met, reply, verdict: verdict('accepted', 'deliver') },
      };
    }
    case 'bounce': {
      const reply = { code: 550, enhanced: '5.1.1', text: 'no such user' };
      const body = { ...met, reply, verdict: verdict('user_unknown', 'bounce') };
      return { ...about(life, 'bounced', partition, at), body };
    }
    case 'defer': {
      const reply = { code: 451, enhanced: '4.7.1', text: 'try again later' };
      const body = { ...met, cause: 'remote' as const, reply, verdict: verdict('greylisted', 'defer') };
      return { ...about(life, 'deferred', partition, at), body };
    }
    case 'lose': {
      const body = { ...met, cause: 'connection_lost' as const, verdict: verdict('connection_lost', 'unknown') };
      return { ...about(life, 'outcome_unknown', partition, at), body };
    }
    case 'hold': {
      const body = { cause: 'held' as const, reasons: ['hourly_limit' as const], text: 'held', heldSince: at };
      return { ...about(life, 'deferred', partition, at), epoch: 0, body };
    }
    case 'drop': {
      const body = { cause: 'expired' as const, attempts: 0, heldMs: 1_000, remoteMs: 0 };
      return { ...about(life, 'dropped', partition, at), epoch: 0, body };
    }
  }
}
