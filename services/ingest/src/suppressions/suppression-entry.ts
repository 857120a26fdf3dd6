import { SUPPRESSION_REASONS, type SuppressionReason } from '@penstock/events';
import { ADDRESS_PROBLEM_TEXTS, type Mailbox, parseMailbox } from '@penstock/mail';
import { checkFields, isObject } from '../mail-send/fields.ts';
import { Problems } from '../mail-send/problems.ts';

/** An address to suppress, and why. */
export interface SuppressionEntry {
  readonly mailbox: Mailbox;
  readonly reason: SuppressionReason;
  /** ms since the epoch */
  readonly expiresAt?: number;
}

/** One of a list that is not taken; the address is not repeated. */
export interface RefusedEntry {
  /** Its place in the list, from 0. */
  readonly index: number;
  readonly message: string;
}

const FIELDS = { supported: new Set(['address', 'reason', 'expires_at']) };
const REASONS: ReadonlySet<unknown> = new Set(SUPPRESSION_REASONS);
export const REASON_TEXT = `reason must be one of ${SUPPRESSION_REASONS.join(', ')}.`;

/** The entry, or what is wrong with it. `manual` and without an end where nothing is said of that. */
export function readEntry(value: unknown): SuppressionEntry | string {
  if (!isObject(value)) return 'An entry must be an object with an address.';
  const problems = new Problems();
  checkFields(value, '', FIELDS, problems);
  const [problem] = problems.list;
  if (problem) return problem.message;
  const { reason = 'manual', expires_at: expiresAt } = value;
  const mailbox = readAddress(value.address);
  if (typeof mailbox === 'string') return mailbox;
  if (!isReason(reason)) return REASON_TEXT;
  if (expiresAt === undefined) return { mailbox, reason };
  const isTime = typeof expiresAt === 'number' && Number.isSafeInteger(expiresAt) && expiresAt > 0;
  return isTime ? { mailbox, reason, expiresAt } : 'expires_at must be a time, ms since the epoch.';
}

export function readAddress(value: unknown): Mailbox | string {
  const parsed = parseMailbox(typeof value === 'string' ? value.trim() : '');
  return parsed.ok ? parsed.mailbox : `The address ${ADDRESS_PROBLEM_TEXTS[parsed.problem]}.`;
}

export function isReason(value: unknown): value is SuppressionReason {
  return REASONS.has(value);
}
