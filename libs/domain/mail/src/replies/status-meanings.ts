/**
 * What a reply means when only its codes speak: the enumerated status codes of IANA's registry (RFC 3463 and the
 * RFCs that added to it) by subject and detail, then the basic reply codes of RFC 5321 section 4.2.3. The first
 * digit of the basic code alone decides between defer and bounce.
 */
import type { Scope } from '@penstock/events';
import type { Cause } from './causes.ts';

export interface Meaning {
  readonly cause: Cause;
  readonly scope: Scope;
}

const about =
  (scope: Scope) =>
  (cause: Cause): Meaning => ({ cause, scope });
const recipient = about('recipient');
const message = about('message');
const domain = about('sending_domain');
const source = about('source');
const path = about('path');
const host = about('host');

/** `subject.detail` of the status code → its meaning. */
export const STATUS_MEANINGS: Readonly<Record<string, Meaning>> = {
  '1.0': recipient('bad_address'),
  '1.1': recipient('user_unknown'),
  '1.2': recipient('domain_unknown'),
  '1.3': recipient('bad_address'),
  '1.4': recipient('bad_address'),
  '1.6': recipient('mailbox_moved'),
  '1.7': domain('bad_sender'),
  '1.8': domain('bad_sender'),
  '1.10': recipient('null_mx'),
  '2.0': recipient('mailbox_unavailable'),
  '2.1': recipient('mailbox_disabled'),
  '2.2': recipient('mailbox_full'),
  '2.3': message('message_too_big'),
  '2.4': recipient('list_expansion'),
  '3.0': host('system_problem'),
  '3.1': host('system_full'),
  '3.2': host('not_accepting'),
  '3.3': host('unsupported_feature'),
  '3.4': message('message_too_big'),
  '3.5': host('system_problem'),
  '4.0': host('routing'),
  '4.1': host('no_answer'),
  '4.2': path('bad_connection'),
  '4.3': host('system_problem'),
  '4.4': recipient('routing'),
  '4.5': path('server_busy'),
  '4.6': recipient('routing_loop'),
  '4.7': message('expired_there'),
  '5.0': message('protocol'),
  '5.1': message('protocol'),
  '5.2': message('protocol'),
  '5.3': message('too_many_recipients'),
  '5.4': message('protocol'),
  '5.5': message('protocol'),
  '5.6': message('protocol'),
  '6.0': message('content_rejected'),
  '6.1': message('content_rejected'),
  '6.2': message('conversion'),
  '6.3': message('conversion'),
  '6.5': message('conversion'),
  '6.6': message('conversion'),
  '6.7': recipient('smtputf8_unsupported'),
  '6.8': recipient('smtputf8_unsupported'),
  '6.9': recipient('smtputf8_unsupported'),
  '6.10': recipient('smtputf8_unsupported'),
  '7.0': message('policy'),
  '7.1': message('policy'),
  '7.2': recipient('policy'),
  '7.3': message('conversion'),
  '7.4': path('unsupported_feature'),
  '7.5': path('system_problem'),
  '7.6': path('unsupported_feature'),
  '7.7': message('content_rejected'),
  '7.8': path('credentials'),
  '7.9': path('credentials'),
  '7.10': path('tls_required'),
  '7.11': path('tls_required'),
  '7.12': path('credentials'),
  '7.13': recipient('mailbox_disabled'),
  '7.14': path('credentials'),
  '7.15': message('policy'),
  '7.16': message('message_too_big'),
  '7.17': recipient('mailbox_moved'),
  '7.18': recipient('domain_unknown'),
  '7.19': recipient('policy'),
  '7.20': domain('authentication'),
  '7.21': domain('authentication'),
  '7.22': domain('authentication'),
  '7.23': domain('authentication'),
  '7.24': domain('authentication'),
  '7.25': source('reverse_dns'),
  '7.26': domain('authentication'),
  '7.27': domain('bad_sender'),
  // Mail flood detected.
  '7.28': path('throttle_rate'),
  '7.29': message('authentication'),
  '7.30': path('tls_required'),
};

/** Status codes that servers use for everything: any word says more. */
export const VAGUE_STATUS: ReadonlySet<string> = new Set([
  '1.0',
  '2.0',
  '3.0',
  '3.2',
  '4.0',
  '5.0',
  '5.1',
  '5.2',
  '5.4',
  '6.0',
  '7.0',
  '7.1',
]);

/** Basic code → its meaning after `RCPT` and after `DATA`, where the two differ. */
export const BASIC_MEANINGS: Readonly<Record<number, { readonly rcpt: Meaning; readonly data: Meaning }>> = {
  421: both(path('not_available')),
  450: { rcpt: recipient('mailbox_unavailable'), data: message('policy') },
  451: { rcpt: host('system_problem'), data: host('system_problem') },
  452: { rcpt: host('system_full'), data: host('system_full') },
  500: both(message('protocol')),
  501: both(message('protocol')),
  502: both(message('protocol')),
  503: both(message('protocol')),
  504: both(message('protocol')),
  530: both(path('credentials')),
  535: both(path('credentials')),
  550: { rcpt: recipient('mailbox_unavailable'), data: message('policy') },
  551: both(recipient('mailbox_moved')),
  552: { rcpt: recipient('mailbox_full'), data: message('message_too_big') },
  553: both(recipient('bad_address')),
  554: { rcpt: recipient('policy'), data: message('content_rejected') },
  // RFC 7504 and RFC 7505: the host or the domain takes no mail at all.
  521: both(host('not_accepting')),
  556: both(recipient('null_mx')),
};

function both(meaning: Meaning): { readonly rcpt: Meaning; readonly data: Meaning } {
  return { rcpt: meaning, data: meaning };
}

/** Before `RCPT` a refusal is about the path whatever its code; the code still says what kind. */
export const REFUSALS_BEFORE_RCPT: Readonly<Record<number, Cause>> = {
  421: 'not_available',
  450: 'not_available',
  451: 'system_problem',
  452: 'system_full',
  521: 'not_accepting',
  530: 'credentials',
  535: 'credentials',
  550: 'blocked',
  552: 'message_too_big',
  553: 'bad_sender',
  // RFC 5321 section 3.1: a server that will not talk greets with 554.
  554: 'blocked',
};
