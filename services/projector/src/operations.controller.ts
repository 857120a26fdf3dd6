import { Controller, Get, Inject, Query, UseGuards } from '@nestjs/common';
import { ApiKeyGuard, Scoped } from '@penstock/nest';
import { checked } from './mail.controller.ts';
import { type AskedProjector, Projector } from './projector.ts';
import type { LanesView } from './queries/lane-query.ts';
import { text, trafficClass, wholeNumber } from './queries/query-parameters.ts';
import type { ProvidersView, SourcesView } from './queries/rate-query.ts';

const LANES = { least: 1, most: 1_000 };
const DEFAULT_LANES = 100;
/** As long as the rows are kept. */
const MINUTES = { least: 1, most: 48 * 60 };
const DEFAULT_MINUTES = 60;

/** What concerns everybody's mail; asks for the scope `operate`. */
@Controller('v1')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class OperationsController {
  constructor(@Inject(Projector) private readonly projector: AskedProjector) {}

  @Get('lanes')
  async lanes(@Query() query: Readonly<Record<string, unknown>>): Promise<LanesView> {
    const filter = checked(() => {
      const pool = text('pool', query.pool);
      const domain = text('domain', query.domain)?.toLowerCase();
      const named = trafficClass('class', query.class);
      return {
        limit: wholeNumber('limit', query.limit, LANES) ?? DEFAULT_LANES,
        ...(pool !== undefined && { pool }),
        ...(domain !== undefined && { domain }),
        ...(named !== undefined && { class: named }),
      };
    });
    return this.projector.queries.lanes.lanes(filter);
  }

  @Get('providers')
  async providers(@Query('minutes') minutes?: unknown): Promise<ProvidersView> {
    return this.projector.queries.rates.providers(minutesOf(minutes));
  }

  @Get('sources')
  async sources(@Query('minutes') minutes?: unknown): Promise<SourcesView> {
    return this.projector.queries.rates.sources(minutesOf(minutes));
  }
}

function minutesOf(given: unknown): number {
  return checked(() => wholeNumber('minutes', given, MINUTES)) ?? DEFAULT_MINUTES;
}
