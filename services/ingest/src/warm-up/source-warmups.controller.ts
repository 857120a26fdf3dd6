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
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, Scoped } from '@penstock/nest';
import { RefusedChange } from '../administration/refused-change.ts';
import { Ingest } from '../ingest.ts';
import type { WarmupView } from './source-warmups.ts';

/** The warm-ups of sources; asks for the scope `operate`. */
@Controller('v1/admin/warmups')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class SourceWarmupsController {
  constructor(@Inject(Ingest) private readonly ingest: Ingest) {}

  @Get()
  list(): Promise<{ readonly warmups: readonly WarmupView[] }> {
    return asked(async () => ({ warmups: await this.ingest.warmups.list() }));
  }

  @Get(':source')
  show(@Param('source') source: string): Promise<WarmupView> {
    return asked(() => this.ingest.warmups.show(source));
  }

  @Post()
  start(@Body() body: unknown, @CurrentKey() key: ApiKey): Promise<WarmupView> {
    return asked(() => this.ingest.warmups.start(body, asker(key)));
  }

  @Delete(':source')
  @HttpCode(HttpStatus.OK)
  stop(@Param('source') source: string, @CurrentKey() key: ApiKey): Promise<WarmupView> {
    return asked(() => this.ingest.warmups.stop(source, asker(key)));
  }
}

function asker({ tenant }: ApiKey): string {
  return `admin API, tenant ${tenant}`;
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RefusedChange) throw new HttpException({ errors: error.problems }, error.status);
    throw error;
  }
}
