import type { ApiKey } from '@penstock/access';
import { buildBody } from '@penstock/mail';
import type { Policy } from '@penstock/policy';
import type { Clock, Random, Telemetry } from '@penstock/ports';
import type { Acceptance } from '../acceptance/acceptance.ts';
import { newMessageId } from '../acceptance/message-id.ts';
import { copiesOf, headsLength } from '../messages/copies.ts';
import { checkRequest, type MailSendRequest } from './check-request.ts';
import { OWN_TEXTS } from './error-texts.ts';
import type { Problem } from './problems.ts';

export interface MailSendDeps {
  readonly acceptance: Acceptance;
  readonly clock: Clock;
  readonly random: Random;
  readonly telemetry: Telemetry;
  /** Undefined while nobody may decide. */
  policy(): Policy | undefined;
}

/** What to answer; `problems` in SendGrid's error shape where something is wrong. */
export interface MailSendAnswer {
  readonly status: 200 | 202 | 400 | 503;
  readonly messageId?: string;
  readonly problems?: readonly Problem[];
}

/** Bytes of all heads together; a request that makes more is refused before it is rendered for everybody. */
const MAX_HEADS_LENGTH = 64_000_000;

/** `POST /v3/mail/send` with SendGrid's v3 body. */
export class MailSend {
  constructor(private readonly deps: MailSendDeps) {}

  /** `body` is the parsed JSON. 202 means that the mail is durable; anything else that nothing is promised. */
  async send(body: unknown, key: ApiKey, traceparent?: string): Promise<MailSendAnswer> {
    const policy = this.deps.policy();
    if (!policy) return unavailable('The service is not ready to accept mail.');
    const nowMs = this.deps.clock.now();
    const checked = checkRequest(body, { nowMs, isPool: (name) => policy.pools.has(name) });
    if (!checked.ok) return { status: 400, problems: checked.problems };
    const { request } = checked;
    if (request.sandbox) return { status: 200 };
    const copies = copiesOf(request, nowMs);
    if (headsLength(copies) > MAX_HEADS_LENGTH) return refused('personalizations', OWN_TEXTS.copiesTooLarge);
    return this.accept(request, {
      messageId: newMessageId(this.deps.random, nowMs),
      tenant: key.tenant,
      class: key.class,
      pool: request.pool ?? policy.defaultPool,
      protocol: 'http',
      acceptedAt: nowMs,
      copies,
      ...(request.categories.length === 0 ? {} : { categories: request.categories }),
      ...(isTraceparent(traceparent) ? { traceparent } : {}),
    });
  }

  private async accept(
    request: MailSendRequest,
    submission: Omit<Parameters<Acceptance['accept']>[0], 'body'>,
  ): Promise<MailSendAnswer> {
    const { alternatives, attachments } = request;
    const body = buildBody({ alternatives, attachments, boundarySeed: newBoundary(this.deps.random) });
    try {
      await this.deps.acceptance.accept({ ...submission, body });
    } catch (error) {
      this.deps.telemetry.log('error', 'acceptance_failed', { protocol: 'http', error: String(error) });
      return unavailable('The message could not be stored; try again later.');
    }
    return { status: 202, messageId: submission.messageId };
  }
}

function unavailable(message: string): MailSendAnswer {
  return { status: 503, problems: [{ message, field: null, help: null }] };
}

function refused(field: string, message: string): MailSendAnswer {
  return { status: 400, problems: [{ message, field, help: null }] };
}

/** 96 random bits in hex: no content holds it. */
function newBoundary(random: Random): string {
  return Array.from(random.bytes(12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C Trace Context, version 00; anything else is as if it were not there. */
function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && TRACEPARENT.test(text);
}
