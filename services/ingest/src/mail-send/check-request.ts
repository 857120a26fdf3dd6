import type { SuppressionReason } from '@penstock/events';
import type { Attachment, TextPart } from '@penstock/mail';
import { checkAttachments, checkContent } from './content.ts';
import { OWN_TEXTS, SENDGRID_TEXTS, SENDGRID_TEXTS_WITH } from './error-texts.ts';
import { checkCategories, checkCustomArgs, checkHeaders, checkSendAt } from './extras.ts';
import { checkFields, isObject, type JsonObject } from './fields.ts';
import { checkPeople, checkPerson, type Person } from './people.ts';
import { checkPersonalizations, checkSubject, type Personalization } from './personalizations.ts';
import { type Problem, Problems, shortened } from './problems.ts';
import { checkSettingBlocks } from './setting-blocks.ts';
import { templateOf } from './substitutions.ts';

/** A request body in which everything is known, allowed and safe to write into a message. */
export interface MailSendRequest {
  readonly from: Person;
  readonly replyTo: readonly Person[];
  readonly personalizations: readonly Personalization[];
  /** The content holds tags that the personalizations have values for. */
  readonly template: boolean;
  readonly alternatives: readonly TextPart[];
  readonly attachments: readonly Attachment[];
  readonly categories: readonly string[];
  /** The policy's default where absent. */
  readonly pool?: string;
  /** Checked, but not to be stored. */
  readonly sandbox: boolean;
  /** Suppressions that do not count for this mail. */
  readonly bypass: readonly SuppressionReason[];
}

export type CheckedRequest =
  | { readonly ok: true; readonly request: MailSendRequest }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FIELDS = {
  supported: new Set([
    'personalizations',
    'from',
    'reply_to',
    'reply_to_list',
    'subject',
    'content',
    'attachments',
    'headers',
    'categories',
    'custom_args',
    'send_at',
    'ip_pool_name',
    'mail_settings',
    'tracking_settings',
  ]),
  unsupported: new Set(['template_id', 'sections', 'substitutions', 'asm', 'batch_id']),
};

export interface RequestContext {
  readonly nowMs: number;
  isPool(name: string): boolean;
}

/** Checks a SendGrid v3 `mail/send` body, parsed from JSON. */
export function checkRequest(body: unknown, context: RequestContext): CheckedRequest {
  const problems = new Problems();
  if (!isObject(body)) {
    problems.add(null, OWN_TEXTS.notAnObject);
    return { ok: false, problems: problems.list };
  }
  const request = readRequest(body, context, problems);
  return request && problems.none ? { ok: true, request } : { ok: false, problems: problems.list };
}

function readRequest(body: JsonObject, context: RequestContext, problems: Problems): MailSendRequest | undefined {
  checkFields(body, '', FIELDS, problems);
  const from = checkFrom(body.from, problems);
  // A bad one is named once, not again by every personalization that relies on it.
  const subject = checkSubject(body.subject, 'subject', problems) ?? (body.subject === undefined ? undefined : '');
  const sendAt = checkSendAt(body, '', context.nowMs, problems);
  const shared = {
    ...(subject === undefined ? {} : { subject }),
    ...(sendAt === undefined ? {} : { sendAt }),
    headers: checkHeaders(body.headers === undefined ? {} : body.headers, 'headers', problems),
    customArgs: checkCustomArgs(body.custom_args, 'custom_args', problems),
  };
  const personalizations = checkPersonalizations(body.personalizations, shared, context.nowMs, problems);
  const replyTo = checkReplyTo(body, problems);
  const alternatives = checkContent(body.content, problems);
  const attachments = checkAttachments(body.attachments, problems);
  const categories = checkCategories(body.categories, problems);
  const pool = checkPool(body.ip_pool_name, context, problems);
  const settings = checkSettingBlocks(body.mail_settings, body.tracking_settings, problems);
  if (!from) return undefined;
  const filled = templateOf({ alternatives, attachments, personalizations }, problems);
  return {
    from,
    replyTo,
    personalizations: filled ?? personalizations,
    template: filled !== undefined,
    alternatives,
    attachments,
    categories,
    ...(pool === undefined ? {} : { pool }),
    ...settings,
  };
}

function checkFrom(value: unknown, problems: Problems): Person | undefined {
  if (value !== undefined) return checkPerson(value, 'from', SENDGRID_TEXTS.from, problems);
  problems.add('from', SENDGRID_TEXTS.fromRequired);
  return undefined;
}

const MAX_REPLY_TO = 1000;

function checkReplyTo(body: JsonObject, problems: Problems): readonly Person[] {
  const { reply_to: one, reply_to_list: list } = body;
  if (one !== undefined && list !== undefined) problems.add('reply_to_list', OWN_TEXTS.replyToBoth);
  if (one !== undefined) {
    const person = checkPerson(one, 'reply_to', SENDGRID_TEXTS.replyTo, problems);
    return person ? [person] : [];
  }
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_REPLY_TO) {
    problems.add('reply_to_list', OWN_TEXTS.replyToList);
    return [];
  }
  return checkPeople(list, 'reply_to_list', SENDGRID_TEXTS.replyTo, problems);
}

const MIN_POOL_NAME = 2;
const MAX_POOL_NAME = 64;

function checkPool(value: unknown, context: RequestContext, problems: Problems): string | undefined {
  if (value === undefined) return undefined;
  const field = 'ip_pool_name';
  if (typeof value !== 'string') problems.add(field, SENDGRID_TEXTS.poolName);
  else if (value.length < MIN_POOL_NAME || value.length > MAX_POOL_NAME) problems.add(field, OWN_TEXTS.poolLength);
  else if (!context.isPool(value)) problems.add(field, SENDGRID_TEXTS_WITH.unknownPool(shortened(value)));
  else return value;
  return undefined;
}
