import type { ApiKey } from '@penstock/access';
import { isTraceparent } from '@penstock/events';
import { buildBody, encodeBodyTemplate } from '@penstock/mail';
import type { Policy } from '@penstock/policy';
import type { Clock, Random, Telemetry, Timers } from '@penstock/ports';
import type { Acceptance, Submission } from '../acceptance/acceptance.ts';
import { newMessageId } from '../acceptance/message-id.ts';
import type { Keyed } from '../acceptance/received.ts';
import { isIdempotencyKey, keyedMessageId, keyedRequest } from '../idempotency/idempotency-key.ts';
import type { KeyedAcceptance, KeyedAnswer } from '../idempotency/keyed-acceptance.ts';
import { copiesOf, headsLength } from '../messages/copies.ts';
import type { SenderRules } from '../senders/sender-rules.ts';
import { checkRequest, type MailSendRequest } from './check-request.ts';
import { OWN_TEXTS } from './error-texts.ts';
import type { Problem } from './problems.ts';
import { judgeRequest } from './sender-check.ts';

export interface MailSendDeps {
  readonly acceptance: Acceptance;
  readonly keyedAcceptance: KeyedAcceptance;
  /** Steady time, in which mail is held and expires. */
  readonly clock: Clock;
  /** Wall time, which people read. */
  readonly wallClock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly telemetry: Telemetry;
  readonly senders: SenderRules;
  /** Undefined while nobody may decide. */
  policy(): Policy | undefined;
}

/** What to answer; `problems` in SendGrid's error shape where something is wrong. */
export interface MailSendAnswer {
  readonly status: 200 | 202 | 400 | 403 | 422 | 503;
  readonly messageId?: string;
  readonly problems?: readonly Problem[];
}

/** What comes with a request beside its body; each as the header gave it. */
export interface SendContext {
  readonly traceparent?: string | undefined;
  readonly idempotencyKey?: string | undefined;
}

/** Personalizations after whose check others get their turn before it goes on. */
const PERSONALIZATIONS_A_TURN = 100;

/** Bytes of all heads together; a request that makes more is refused before it is rendered for everybody. */
const MAX_HEADS_LENGTH = 64_000_000;

/** `POST /v3/mail/send` with SendGrid's v3 body. */
export class MailSend {
  constructor(private readonly deps: MailSendDeps) {}

  /** `body` is the parsed JSON. 202 means that the mail is durable; anything else that nothing is promised. */
  async send(body: unknown, key: ApiKey, context: SendContext = {}): Promise<MailSendAnswer> {
    const policy = this.deps.policy();
    if (!policy) return unavailable('The service is not ready to accept mail.');
    const { idempotencyKey } = context;
    if (idempotencyKey === undefined) return this.sendOnce(body, key, policy, context);
    if (!isIdempotencyKey(idempotencyKey)) return refused(null, OWN_TEXTS.idempotencyKey);
    const keyed = keyedRequest(key.tenant, idempotencyKey, body);
    const known = await this.attempted(() => this.deps.keyedAcceptance.known(keyed, this.deps.clock.now()));
    if (known !== undefined) return known === 'failed' ? unavailable(NOT_STORED) : keyedAnswer(known);
    return this.sendOnce(body, key, policy, context, keyed);
  }

  private async sendOnce(
    body: unknown,
    key: ApiKey,
    policy: Policy,
    { traceparent }: SendContext,
    keyed?: Keyed,
  ): Promise<MailSendAnswer> {
    const { clock, wallClock, senders, random } = this.deps;
    const nowMs = clock.now();
    const checked = checkRequest(body, { nowMs, isPool: (name) => policy.pools.has(name) });
    if (!checked.ok) return { status: 400, problems: checked.problems };
    const { request } = checked;
    if (request.sandbox) return { status: 200 };
    const sender = judgeRequest(senders, key.tenant, request);
    if (!sender.ok) return { status: 403, problems: [sender.problem] };
    await this.turn(request);
    const copies = copiesOf(request, wallClock.now());
    if (headsLength(copies.copies) > MAX_HEADS_LENGTH) return refused('personalizations', OWN_TEXTS.copiesTooLarge);
    await this.turn(request);
    const submission: Submission = {
      messageId: keyed ? keyedMessageId(keyed, nowMs) : newMessageId(random, nowMs),
      tenant: key.tenant,
      class: key.class,
      pool: request.pool ?? policy.defaultPool,
      protocol: 'http',
      acceptedAt: nowMs,
      body: this.body(request),
      ...copies,
      ...(sender.returnPath === undefined ? {} : { returnPath: sender.returnPath }),
      ...(request.categories.length === 0 ? {} : { categories: request.categories }),
      ...(request.bypass.length === 0 ? {} : { bypass: request.bypass }),
      ...(isTraceparent(traceparent) ? { traceparent } : {}),
    };
    return keyed ? this.acceptKeyed(submission, keyed) : this.accept(submission);
  }

  private async accept(submission: Submission): Promise<MailSendAnswer> {
    const failed = await this.attempted(() => this.deps.acceptance.accept(submission));
    return failed ? unavailable(NOT_STORED) : { status: 202, messageId: submission.messageId };
  }

  private async acceptKeyed(submission: Submission, keyed: Keyed): Promise<MailSendAnswer> {
    const answer = await this.attempted(() => this.deps.keyedAcceptance.accept(submission, keyed));
    return answer === 'failed' ? unavailable(NOT_STORED) : keyedAnswer(answer);
  }

  private async attempted<T>(attempt: () => Promise<T>): Promise<T | 'failed'> {
    try {
      return await attempt();
    } catch (error) {
      this.deps.telemetry.log('error', 'acceptance_failed', { protocol: 'http', error: String(error) });
      return 'failed';
    }
  }

  /** A request of many personalizations is taken in turns with others. */
  private async turn({ personalizations }: MailSendRequest): Promise<void> {
    if (personalizations.length > PERSONALIZATIONS_A_TURN) await this.deps.timers.sleep(0);
  }

  private body({ alternatives, attachments, template }: MailSendRequest): Uint8Array {
    const parts = { alternatives, attachments, boundarySeed: newBoundary(this.deps.random) };
    return template ? encodeBodyTemplate(parts) : buildBody(parts);
  }
}

const NOT_STORED = 'The message could not be stored; try again later.';

function keyedAnswer(answer: KeyedAnswer): MailSendAnswer {
  if (answer.kind === 'accepted') return { status: 202, messageId: answer.messageId };
  return { status: 422, problems: [{ message: OWN_TEXTS.idempotencyKeyReused, field: null, help: null }] };
}

function unavailable(message: string): MailSendAnswer {
  return { status: 503, problems: [{ message, field: null, help: null }] };
}

function refused(field: string | null, message: string): MailSendAnswer {
  return { status: 400, problems: [{ message, field, help: null }] };
}

/** 96 random bits in hex: no content holds it. */
function newBoundary(random: Random): string {
  return Array.from(random.bytes(12), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
