/** Jaeger as a test asks it: where spans go, and what its query API says it has. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startStack } from '@penstock/local-stack';

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly startTime: number;
  readonly duration: number;
  readonly processID: string;
  readonly tags: readonly { readonly key: string; readonly value: unknown }[];
  readonly references: readonly {
    readonly refType: string;
    readonly traceID: string;
    readonly spanID: string;
  }[];
}

export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

export class Jaeger {
  private constructor(
    readonly otlp: string,
    readonly query: string,
    readonly stop: () => Promise<void>,
  ) {}

  /** The one that PENSTOCK_TEST_JAEGER names, else one of its own. */
  static async open(): Promise<Jaeger> {
    const given = process.env.PENSTOCK_TEST_JAEGER;
    if (given !== undefined && given !== '') {
      const { otlp, query } = JSON.parse(given) as { readonly otlp: string; readonly query: string };
      return new Jaeger(otlp, query, async () => {});
    }
    const folder = mkdtempSync(join(tmpdir(), 'penstock-jaeger-'));
    const stack = await startStack({ folder, basePort: 'free', only: ['jaeger'] });
    const { otlpHttp, jaegerQuery } = stack.addresses;
    return new Jaeger(otlpHttp, jaegerQuery, async () => {
      await stack.down({ wipe: true });
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Every trace of any service that has a span with this tag. */
  async tracesWith(tag: string, value: string): Promise<readonly JaegerTrace[]> {
    const found = new Map<string, JaegerTrace>();
    for (const service of ['penstock-ingest', 'penstock-scheduler', 'penstock-dispatcher']) {
      const query = new URLSearchParams({
        service,
        tags: JSON.stringify({ [tag]: value }),
        lookback: '1h',
        limit: '100',
      });
      const answer = await fetch(`${this.query}/api/traces?${query}`);
      // A service that it has not heard of yet.
      if (!answer.ok) continue;
      const { data } = (await answer.json()) as { readonly data: readonly JaegerTrace[] | null };
      for (const trace of data ?? []) found.set(trace.traceID, trace);
    }
    return [...found.values()];
  }

  async trace(traceId: string): Promise<JaegerTrace | undefined> {
    const answer = await fetch(`${this.query}/api/traces/${traceId}`);
    if (!answer.ok) return undefined;
    const { data } = (await answer.json()) as { readonly data: readonly JaegerTrace[] | null };
    return data?.[0];
  }
}

/** The first span of this name. */
export function spanOf(trace: JaegerTrace | undefined, name: string): JaegerSpan | undefined {
  return trace?.spans.find(({ operationName }) => operationName === name);
}

export function tagsOf(span: JaegerSpan | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries((span?.tags ?? []).map(({ key, value }) => [key, value]));
}

/** Ids of the traces it is linked to, in their order. */
export function linksOf(span: JaegerSpan | undefined): readonly string[] {
  return (span?.references ?? []).filter(({ refType }) => refType === 'FOLLOWS_FROM').map(({ traceID }) => traceID);
}
