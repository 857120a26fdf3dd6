import {
  Body,
  Controller,
  Get,
  HttpCode,
  HttpException,
  HttpStatus,
  Inject,
  Post,
  Query,
  UseGuards,
} from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, Scoped } from '@penstock/nest';
import { RefusedChange } from '../administration/refused-change.ts';
import { Ingest } from '../ingest.ts';
import type { AddedSuppressions, RemovedSuppressions, SuppressionPage, SuppressionView } from './suppression-lists.ts';
import { readAddresses, readChange, readPage } from './suppression-requests.ts';

/** A tenant's suppressions: its own for its keys, any tenant's for the scope `operate`. No address is part of a path. */
@Controller('v1/suppressions')
@UseGuards(ApiKeyGuard)
@Scoped('mail', 'operate')
export class SuppressionsController {
  constructor(@Inject(Ingest) private readonly ingest: Ingest) {}

  @Get()
  list(@CurrentKey() key: ApiKey, @Query() query: Readonly<Record<string, unknown>>): Promise<SuppressionPage> {
    return asked(async () => {
      const { tenant, page } = readPage(query, key);
      return this.ingest.suppressionLists.list(tenant, page);
    });
  }

  @Post()
  @HttpCode(HttpStatus.OK)
  add(@CurrentKey() key: ApiKey, @Body() body: unknown): Promise<AddedSuppressions> {
    return asked(async () => {
      const { tenant, entries } = readChange(body, key);
      return this.ingest.suppressionLists.add(tenant, entries);
    });
  }

  @Post('remove')
  @HttpCode(HttpStatus.OK)
  remove(@CurrentKey() key: ApiKey, @Body() body: unknown): Promise<RemovedSuppressions> {
    return asked(async () => {
      const { tenant, addresses } = readAddresses(body, key);
      return this.ingest.suppressionLists.remove(tenant, addresses);
    });
  }

  @Post('find')
  @HttpCode(HttpStatus.OK)
  find(
    @CurrentKey() key: ApiKey,
    @Body() body: unknown,
  ): Promise<{ readonly suppressions: readonly SuppressionView[] }> {
    return asked(async () => {
      const { tenant, addresses } = readAddresses(body, key);
      return { suppressions: await this.ingest.suppressionLists.find(tenant, addresses) };
    });
  }
}

async function asked<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof RefusedChange) throw new HttpException({ errors: error.problems }, error.status);
    throw error;
  }
}
