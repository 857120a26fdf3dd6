import { Controller, Get, HttpException, HttpStatus, Inject, Query, Res, UseGuards } from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, errorBody, Scoped } from '@penstock/nest';
import type { EventStreams, OpenedStream } from './export/event-streams.ts';
import { exportOrder, ForeignRecordsError } from './export/export-parameters.ts';
import { checked } from './mail.controller.ts';
import { type AskedProjector, Projector } from './projector.ts';

/** What of Fastify's reply is used here. */
interface Reply {
  readonly raw: { once(event: 'close', listener: () => void): unknown };
  header(name: string, value: string): Reply;
  send(body: ReadableStream<Uint8Array>): Reply;
}

const TRY_AGAIN_S = '10';

/** The records of the log as JSON Lines: all of them for operators, a tenant's own for its keys. */
@Controller('v1')
@UseGuards(ApiKeyGuard)
export class EventsController {
  constructor(@Inject(Projector) private readonly projector: AskedProjector) {}

  @Get('events')
  @Scoped('mail', 'operate')
  async events(
    @CurrentKey() key: ApiKey,
    @Query() query: Readonly<Record<string, unknown>>,
    @Res() reply: Reply,
  ): Promise<void> {
    const { events } = this.projector;
    const order = checked(() => permitted(() => exportOrder(query, key)));
    const opened = await events.open(order);
    if (opened.kind !== 'opened') {
      if (opened.kind === 'busy') reply.header('retry-after', TRY_AGAIN_S);
      throw refusal(opened);
    }
    const { id } = opened;
    // Whoever follows may wait long for a chunk: a connection that is gone ends that.
    reply.raw.once('close', () => void events.close(id).catch(() => undefined));
    reply
      .header('content-type', 'application/x-ndjson; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(ReadableStream.from(chunks(events, id)));
  }
}

async function* chunks(events: EventStreams, id: string): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let chunk = await events.next(id); chunk !== undefined; chunk = await events.next(id)) {
    yield encoder.encode(chunk);
  }
}

function permitted<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ForeignRecordsError)) throw error;
    throw new HttpException(errorBody('access forbidden', null, error.message), HttpStatus.FORBIDDEN);
  }
}

function refusal(refused: Exclude<OpenedStream, { kind: 'opened' }>): HttpException {
  if (refused.kind === 'busy') {
    return new HttpException(errorBody('too many exports run at once; try again'), HttpStatus.TOO_MANY_REQUESTS);
  }
  return new HttpException(errorBody(refused.message, 'after', 'export again without a cursor'), HttpStatus.GONE);
}
