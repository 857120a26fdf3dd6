import { Controller, type DynamicModule, Get, Header, Inject, Module, UseGuards } from '@nestjs/common';
import { ApiKeyGuard, Scoped } from '../access/api-key.guard.ts';
import { exposition, processMetrics } from './exposition.ts';
import type { MetricSample } from './metric-names.ts';

const COLLECT = Symbol('collects metric samples');
const PROCESS = Symbol('metrics of the process');
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type MetricsAccess = 'operate' | 'open';

export type CollectSamples = () => Promise<readonly MetricSample[]>;

class Exposition {
  constructor(
    @Inject(COLLECT) protected readonly collect: CollectSamples,
    @Inject(PROCESS) protected readonly ofProcess: () => Promise<string>,
  ) {}

  protected async text(): Promise<string> {
    return exposition(await this.collect()) + (await this.ofProcess());
  }
}

/** For Prometheus, with a key of the scope `operate`. */
@Controller('metrics')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class MetricsController extends Exposition {
  @Get()
  @Header('Content-Type', CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.text();
  }
}

/** For Prometheus, open to everybody who reaches the port. */
@Controller('metrics')
export class OpenMetricsController extends Exposition {
  @Get()
  @Header('Content-Type', CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.text();
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
