import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpException,
  HttpStatus,
  Inject,
  Param,
  Post,
  UseGuards,
} from '@nestjs/common';
import { ApiKeyGuard, errorBody, Scoped } from '@penstock/nest';
import { type AskedProjector, Projector } from './projector.ts';
import type { RebuildList, RebuildOrder, RebuildView } from './rebuild/rebuild-view.ts';
import type { RebuildRefusal } from './rebuild/rebuilds.ts';

/** Read models made again from the log, beside the live ones; asks for the scope `operate`. */
@Controller('v1/rebuilds')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class RebuildsController {
  constructor(@Inject(Projector) private readonly projector: AskedProjector) {}

  /** All models unless some are named. */
  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  async begin(@Body() body: unknown): Promise<RebuildView> {
    const answer = await this.projector.rebuilds.begin(orderOf(body));
    if (answer.kind === 'begun') return answer.rebuild;
    throw refusal(answer.refusal);
  }

  @Get()
  list(): Promise<RebuildList> {
    return this.projector.rebuilds.list();
  }

  @Get(':id')
  async view(@Param('id') id: string): Promise<RebuildView> {
    return known(await this.projector.rebuilds.view(id));
  }

  /** Ends it before its next step. */
  @Delete(':id')
  async cancel(@Param('id') id: string): Promise<RebuildView> {
    return known(await this.projector.rebuilds.cancel(id));
  }
}

function orderOf(body: unknown): RebuildOrder {
  const { models, swap = false, ...others } = fieldsOf(body);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw bad(unknown, 'models and swap are what a rebuild is told');
  if (typeof swap !== 'boolean') throw bad('swap', 'true or false');
  if (models === undefined) return { swap };
  if (!Array.isArray(models) || models.length === 0) throw bad('models', 'a list of names');
  return { models: models.map(String), swap };
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return { ...body };
  throw bad(null, 'an object with models and swap');
}

function bad(field: string | null, help: string): HttpException {
  return new HttpException(errorBody('is not well formed', field, help), HttpStatus.BAD_REQUEST);
}

function refusal(refused: RebuildRefusal): HttpException {
  if (refused.cause === 'running') {
    const body = errorBody(
      `the rebuild ${refused.id} is running; one at a time`,
      null,
      `GET /v1/rebuilds/${refused.id}`,
    );
    return new HttpException(body, HttpStatus.CONFLICT);
  }
  const archive =
    refused.model === 'archive' ? ': the archive is written by a reactor, which a rebuild never runs' : '';
  const body = errorBody(
    `there is no read model ${JSON.stringify(refused.model)}${archive}`,
    'models',
    `one of ${refused.known.join(', ')}`,
  );
  return new HttpException(body, HttpStatus.BAD_REQUEST);
}

function known(view: RebuildView | undefined): RebuildView {
  if (view) return view;
  const body = errorBody('no such rebuild', 'id', 'rebuilds are remembered until the platform stops');
  throw new HttpException(body, HttpStatus.NOT_FOUND);
}
