import { type Budget, checkQuotaRequest, type QuotaAnswer, type QuotaRequest, type QuotaStore } from '@penstock/ports';
import { budgetTerms, rankText, TURN_LASTS_MS } from '@penstock/scheduling';
import { loadScript } from '../connection/lua-script.ts';
import type { RedisConnection, ScriptCall } from '../connection/redis-connection.ts';

/** A budget that is full and waited for by nobody is forgotten after this; it would read the same. */
const REMEMBERED_MS = 60_000;

export interface RedisQuotaOptions {
  /** Stands in for the server's clock, us; for tests that let hours pass and for what-ifs. */
  readonly nowUs?: () => number;
}

/** Budgets in Redis: a hash each, all of one hash tag, so that one script may take from several of them. */
export class RedisQuotaStore implements QuotaStore {
  private readonly askQuota = loadScript('ask-quota');

  constructor(
    private readonly connection: RedisConnection,
    private readonly options: RedisQuotaOptions = {},
  ) {}

  async ask(requests: readonly QuotaRequest[]): Promise<readonly QuotaAnswer[]> {
    for (const request of requests) checkQuotaRequest(request);
    const replies = await this.connection.runAll(
      this.askQuota,
      requests.map((request) => this.call(request)),
    );
    return requests.map(({ budgets }, i) => toAnswer(budgets, replies[i]));
  }

  async leave(asker: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.connection.pipeline((pipeline) => {
      for (const key of keys) pipeline.hdel(this.key(key), `w:${asker}`);
    });
  }

  private call({ asker, budgets, wanted, rank }: QuotaRequest): ScriptCall {
    const nowUs = this.options.nowUs?.() ?? '';
    const args = [nowUs, asker, rankText(rank), wanted, TURN_LASTS_MS * 1000, REMEMBERED_MS];
    const terms = budgets.map(budgetTerms).flatMap(({ burst, intervalUs, block }) => [burst, intervalUs, block]);
    return { keys: budgets.map(({ key }) => this.key(key)), args: [...args, ...terms] };
  }

  private key(key: string): string {
    return `${this.connection.prefix}:{quotas}:${key}`;
  }
}

function toAnswer(budgets: readonly Budget[], reply: unknown): QuotaAnswer {
  if (!Array.isArray(reply)) throw new TypeError('the answer of ask-quota is a list');
  const [granted = 0, retryAfterMs = 0, waits = 0, ...left] = reply.map(Number);
  const waitsFor = budgets[waits - 1]?.key;
  return {
    granted,
    retryAfterMs,
    ...(waitsFor !== undefined && { waitsFor }),
    left: budgets.map(({ key }, i) => ({ key, left: left[i] ?? 0 })),
  };
}
