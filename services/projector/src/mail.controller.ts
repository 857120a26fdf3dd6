import { Controller, Get, HttpException, Inject, Param, Query, UseGuards } from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, errorBody } from '@penstock/nest';
import { ArchiveUnavailableError } from '@penstock/ports';
import { type AskedProjector, Projector } from './projector.ts';
import type { Answer, Refusal } from './queries/answers.ts';
import type { MessageView } from './queries/message-query.ts';
import { BadParameterError, wholeNumber } from './queries/query-parameters.ts';
import type { Timeline } from './queries/timeline-query.ts';
import type { Why } from './why/why-query.ts';

const PAGE = { least: 1, most: 1_000 };
const DEFAULT_PAGE = 100;
const CURSOR = { least: 1, most: 9_999_999_999 };

/** A tenant's own mail: its messages and the timelines of their deliveries. */
@Controller('v1')
@UseGuards(ApiKeyGuard)
export class MailController {
  constructor(@Inject(Projector) private readonly projector: AskedProjector) {}

  @Get('messages/:messageId')
  async message(
    @CurrentKey() key: ApiKey,
    @Param('messageId') messageId: string,
    @Query('limit') givenLimit?: unknown,
    @Query('after') givenAfter?: unknown,
  ): Promise<MessageView> {
    const page = checked(() => {
      const limit = wholeNumber('limit', givenLimit, PAGE) ?? DEFAULT_PAGE;
      const after = wholeNumber('after', givenAfter, CURSOR);
      return { limit, ...(after !== undefined && { after }) };
    });
    return answered(this.projector.queries.messages.message(key.tenant, messageId, page));
  }

  @Get('deliveries/:deliveryId')
  async delivery(@CurrentKey() key: ApiKey, @Param('deliveryId') deliveryId: string): Promise<Timeline> {
    return answered(this.projector.queries.timelines.timeline(key.tenant, deliveryId));
  }

  @Get('deliveries/:deliveryId/why')
  async why(@CurrentKey() key: ApiKey, @Param('deliveryId') deliveryId: string): Promise<Why> {
    return answered(this.projector.queries.whys.why(key.tenant, deliveryId));
  }
}

const STATUS: Readonly<Record<Refusal['cause'], number>> = { bad_request: 400, unknown: 404, not_yet_known: 503 };

async function answered<T>(asked: Promise<Answer<T>>): Promise<T> {
  const answer = await asked.catch(archiveAway);
  if (answer.kind === 'found') return answer.value;
  const { cause, message, field, help } = answer.refusal;
  throw new HttpException(errorBody(message, field ?? null, help ?? null), STATUS[cause]);
}

/** What the archive holds cannot be told now; it is not that nothing is known. */
function archiveAway(error: unknown): never {
  if (!(error instanceof ArchiveUnavailableError)) throw error;
  throw new HttpException(errorBody('the archive of timelines cannot be reached: ask again later'), 503);
}

/** Runs what reads the parameters; one that cannot be what was given answers 400 and names it. */
export function checked<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BadParameterError)) throw error;
    throw new HttpException(errorBody(error.message, error.field, error.help), 400);
  }
}
