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
  Query,
  Res,
  UseGuards,
} from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import { ApiKeyGuard, CurrentKey, errorBody, Scoped } from '@penstock/nest';
import { Ingest } from '../ingest.ts';
import type { Administration } from './administration.ts';
import type { KeyView } from './api-keys.ts';
import type { DomainCheck, DomainSummary, DomainView } from './domains.ts';
import type { AppliedPolicy, RecordedPolicy } from './policy-change.ts';
import { RefusedChange } from './refused-change.ts';
import type { TenantView } from './tenants.ts';
import type { WebhookTrial, WebhookView } from './webhooks.ts';

/** Who may send, and as whom; asks for the scope `operate`. */
@Controller('v1/admin')
@UseGuards(ApiKeyGuard)
@Scoped('operate')
export class AdministrationController {
  constructor(@Inject(Ingest) private readonly ingest: Ingest) {}

  @Post('keys')
  createKey(@Body() body: unknown): Promise<KeyView & { readonly key: string }> {
    return this.asked((administration) => administration.createKey(body));
  }

  @Get('keys')
  listKeys(): Promise<{ readonly keys: readonly KeyView[] }> {
    return this.asked((administration) => ({ keys: administration.listKeys() }));
  }

  @Delete('keys/:id')
  @HttpCode(HttpStatus.NO_CONTENT)
  revokeKey(@Param('id') id: string): Promise<void> {
    return this.asked((administration) => administration.revokeKey(id));
  }

  @Post('tenants')
  setTenant(@Body() body: unknown): Promise<TenantView> {
    return this.asked((administration) => administration.setTenant(body));
  }

  @Get('tenants')
  listTenants(): Promise<{ readonly tenants: readonly TenantView[] }> {
    return this.asked((administration) => ({ tenants: administration.listTenants() }));
  }

  /** 201 for a domain that was added now, 200 for one that was there. */
  @Post('domains')
  async addDomain(
    @Body() body: unknown,
    @CurrentKey() key: ApiKey,
    @Res({ passthrough: true }) reply: { status(code: number): unknown },
  ): Promise<DomainView> {
    const { added, view } = await this.asked((administration) => administration.addDomain(body, key));
    reply.status(added ? HttpStatus.CREATED : HttpStatus.OK);
    return view;
  }

  @Get('domains')
  listDomains(): Promise<{ readonly domains: readonly DomainSummary[] }> {
    return this.asked((administration) => ({ domains: administration.listDomains() }));
  }

  @Get('domains/:domain')
  showDomain(@Param('domain') domain: string): Promise<DomainView> {
    return this.asked((administration) => administration.showDomain(domain));
  }

  @Delete('domains/:domain')
  @HttpCode(HttpStatus.NO_CONTENT)
  removeDomain(@Param('domain') domain: string, @Query('tenant') tenant?: unknown): Promise<void> {
    return this.asked((administration) => administration.removeDomain(domain, tenant));
  }

  @Post('domains/:domain/check')
  @HttpCode(HttpStatus.OK)
  checkDomain(@Param('domain') domain: string): Promise<DomainCheck> {
    return this.asked((administration) => administration.checkDomain(domain));
  }

  @Post('policy')
  @HttpCode(HttpStatus.OK)
  applyPolicy(@Body() body: unknown, @CurrentKey() key: ApiKey): Promise<AppliedPolicy> {
    return this.asked((administration) => administration.applyPolicy(body, key));
  }

  @Get('policy')
  policyOfRecord(): Promise<RecordedPolicy> {
    return this.asked((administration) => administration.policyOfRecord());
  }

  @Post('webhooks')
  @HttpCode(HttpStatus.OK)
  setWebhook(@Body() body: unknown, @CurrentKey() key: ApiKey): Promise<WebhookView> {
    return this.asked((administration) => administration.setWebhook(body, key));
  }

  @Get('webhooks')
  listWebhooks(): Promise<{ readonly webhooks: readonly WebhookView[] }> {
    return this.asked((administration) => ({ webhooks: administration.listWebhooks() }));
  }

  @Delete('webhooks/:tenant')
  @HttpCode(HttpStatus.NO_CONTENT)
  removeWebhook(@Param('tenant') tenant: string): Promise<void> {
    return this.asked((administration) => administration.removeWebhook(tenant));
  }

  @Post('webhooks/:tenant/test')
  @HttpCode(HttpStatus.OK)
  testWebhook(@Param('tenant') tenant: string): Promise<WebhookTrial> {
    return this.asked((administration) => administration.testWebhook(tenant));
  }

  private async asked<T>(ask: (administration: Administration) => T | Promise<T>): Promise<T> {
    const { administration } = this.ingest;
    if (!administration) throw new HttpException(errorBody('there is no admin API here'), HttpStatus.NOT_FOUND);
    try {
      return await ask(administration);
    } catch (error) {
      if (!(error instanceof RefusedChange)) throw error;
      throw new HttpException({ errors: error.problems }, error.status);
    }
  }
}
