import { Controller, Get, HttpException, HttpStatus, Inject, Query, UseGuards } from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, errorBody, Scoped } from '@penstock/nest';
import type { DeferralTimeline } from '../deferrals/deferral-query.ts';
import { checked } from '../mail.controller.ts';
import { type AskedProjector, Projector } from '../projector.ts';
import { deferralFilter, ForeignFiguresError, reputationFilter } from './reputation-parameters.ts';
import type { ReputationsView } from './reputation-query.ts';

type Given = Readonly<Record<string, unknown>>;

/** What receivers think of whose mail, and what they put off: a tenant's own, or with the scope `operate` all. */
@Controller('v1')
@UseGuards(ApiKeyGuard)
@Scoped('mail', 'operate')
export class ReputationController {
  constructor(@Inject(Projector) private readonly projector: AskedProjector) {}

  @Get('reputation')
  async reputation(@CurrentKey() key: ApiKey, @Query() query: Given): Promise<ReputationsView> {
    const filter = permitted(() => reputationFilter(query, key));
    return this.projector.queries.reputations.reputations(filter);
  }

  @Get('timelines/deferrals')
  async deferrals(@CurrentKey() key: ApiKey, @Query() query: Given): Promise<DeferralTimeline> {
    const filter = permitted(() => deferralFilter(query, key));
    return this.projector.queries.deferrals.deferrals(filter);
  }
}

function permitted<T>(read: () => T): T {
  try {
    return checked(read);
  } catch (error) {
    if (!(error instanceof ForeignFiguresError)) throw error;
    throw new HttpException(errorBody('access forbidden', error.field, error.message), HttpStatus.FORBIDDEN);
  }
}
