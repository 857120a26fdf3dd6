import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { type ApiKey, ApiKeyring, parseApiKeys } from '@penstock/access';
import { HealthModule } from '../health/health.controller.ts';
import { AccessModule, ApiKeyGuard, CurrentKey, Scoped } from './api-key.guard.ts';
import { HttpErrorsFilter } from './http-errors.ts';

@Controller('v1')
@UseGuards(ApiKeyGuard)
class Guarded {
  @Get('mine')
  mine(@CurrentKey() key: ApiKey): { tenant: string } {
    return { tenant: key.tenant };
  }

  @Get('lanes')
  @Scoped('operate')
  lanes(): { lanes: [] } {
    return { lanes: [] };
  }

  @Get('broken')
  broken(): never {
    throw new Error('the mailbox ann@example.org');
  }
}

describe('the HTTP edge', () => {
  let app: NestFastifyApplication;
  const ready: { reason: string | undefined } = { reason: undefined };

  before(async () => {
    const keyring = new ApiKeyring(parseApiKeys('acme:bulk:mail-key-1, ops:bulk:operate-key:operate'));
    @Module({
      imports: [
        AccessModule.register(keyring),
        HealthModule.register([{ name: 'scheduler', notReady: () => ready.reason }]),
      ],
      controllers: [Guarded],
    })
    class UnderTest {}
    app = await NestFactory.create<NestFastifyApplication>(UnderTest, new FastifyAdapter(), { logger: false });
    app.useGlobalFilters(new HttpErrorsFilter({ log: () => {} }));
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  });
  after(() => app.close());

  async function get(url: string, key?: string): Promise<{ status: number; body: unknown }> {
    const response = await app.inject({ url, headers: key === undefined ? {} : { authorization: `Bearer ${key}` } });
    return { status: response.statusCode, body: response.json() };
  }

  it('knows the tenant of a key', async () => {
    assert.deepEqual(await get('/v1/mine', 'mail-key-1'), { status: 200, body: { tenant: 'acme' } });
  });

  it('answers 401 without a key and with a wrong one', async () => {
    assert.deepEqual(await get('/v1/mine'), {
      status: 401,
      body: { errors: [{ message: 'authorization required', field: null, help: null }] },
    });
    assert.equal((await get('/v1/mine', 'mail-key-2')).status, 401);
  });

  it('answers 403 to a key without the scope', async () => {
    assert.equal((await get('/v1/lanes', 'mail-key-1')).status, 403);
    assert.equal((await get('/v1/lanes', 'operate-key')).status, 200);
  });

  it('answers in one shape what it does not know and what broke, without telling why', async () => {
    const unknown = await get('/nowhere');
    assert.equal(unknown.status, 404);
    assert.ok((unknown.body as { errors: unknown[] }).errors.length === 1);
    assert.deepEqual(await get('/v1/broken', 'mail-key-1'), {
      status: 500,
      body: { errors: [{ message: 'internal error', field: null, help: null }] },
    });
  });

  it('is live whatever is missing, and ready only with everything', async () => {
    assert.deepEqual(await get('/health/ready'), { status: 200, body: { status: 'ready', reasons: {} } });
    ready.reason = 'mail.control holds no policy yet';
    assert.deepEqual(await get('/health/ready'), {
      status: 503,
      body: { status: 'not_ready', reasons: { scheduler: 'mail.control holds no policy yet' } },
    });
    assert.equal((await get('/health')).status, 503);
    assert.equal((await get('/health/live')).status, 200);
  });
});
