import { Controller, type DynamicModule, Get, Headers, Inject, Module, Res, UseGuards } from '@nestjs/common';
import { ApiKeyGuard, Scoped } from '../access/api-key.guard.ts';
import { CONTENT_TYPES, exposition, familiesOf, formatFor, type MetricFamily } from './exposition.ts';
import type { MetricSample } from './metric-names.ts';
import { processMetrics } from './process-metrics.ts';

const COLLECT = Symbol('collects metric samples');
const PROCESS = Symbol('metrics of the process');

export type MetricsAccess = 'operate' | 'open';

export type CollectSamples = () => Promise<readonly MetricSample[]>;

/** What of Fastify's reply is used here. */
interface Reply {
  header(name: string, value: string): unknown;
}

class Exposition {
  constructor(
    @Inject(COLLECT) protected readonly collect: CollectSamples,
    @Inject(PROCESS) protected readonly ofProcess: () => Promise<readonly MetricFamily[]>,
  ) {}

  protected async text(accept: string | undefined, reply: Reply): Promise<string> {
    const format = formatFor(accept);
    const families = [...familiesOf(await this.collect()), ...(await this.ofProcess())];
    reply.header('Content-Type', CONTENT_TYPES[format]);
    return exposition(families, format);
  }
}

/** For Prometheus, with a key of the scope `operate`. */
@Controller('metrics')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class MetricsController extends Exposition {
  @Get()
  metrics(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: Reply): Promise<string> {
    return this.text(accept, reply);
  }
}

/** For Prometheus, open to everybody who reaches the port. */
@Controller('metrics')
export class OpenMetricsController extends Exposition {
  @Get()
  metrics(@Headers('accept') accept: string | undefined, @Res({ passthrough: true }) reply: Reply): Promise<string> {
    return this.text(accept, reply);
  }
}

@Module({})
export class MetricsModule {
  /** @param access who may read: keys of the scope `operate`, or everybody */
  static register(collect: CollectSamples, access: MetricsAccess): DynamicModule {
    return {
      module: MetricsModule,
      controllers: [access === 'open' ? OpenMetricsController : MetricsController],
      providers: [
        { provide: COLLECT, useValue: collect },
        { provide: PROCESS, useFactory: processMetrics },
      ],
    };
  }
}
