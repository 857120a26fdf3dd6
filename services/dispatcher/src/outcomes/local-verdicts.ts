/** Verdicts about what no server said: DNS, sockets, and what cannot be sent. */
import type { Scope, SmtpReply, Verdict } from '@penstock/events';

function certain(cause: string, scope: Scope, disposition: Verdict['disposition']): Verdict {
  return { cause, scope, disposition, confidence: 1 };
}

/** A fate decided here, with the code a server would have used. */
export interface LocalRefusal {
  readonly verdict: Verdict;
  readonly reply: SmtpReply;
}

function refusal(cause: string, scope: Scope, code: number, enhanced: string, text: string): LocalRefusal {
  return { verdict: certain(cause, scope, 'bounce'), reply: { code, enhanced, text } };
}

/** RFC 7505 section 4.2. */
export const NULL_MX = refusal('null_mx', 'recipient', 556, '5.1.10', 'recipient domain accepts no mail (null MX)');
export const NO_SUCH_DOMAIN = refusal('nxdomain', 'recipient', 550, '5.1.2', 'recipient domain does not exist');
export const NO_MAIL_HOST = refusal('no_mail_host', 'recipient', 550, '5.1.2', 'recipient domain has no mail host');
/** RFC 5321 section 5.1: an MX record names a host, never an address. */
export const MX_IS_ADDRESS = refusal('mx_is_address', 'recipient', 550, '5.4.6', 'MX record holds an address');
export const MX_NOT_PUBLIC = refusal('mx_not_public', 'recipient', 550, '5.4.6', 'mail hosts have no public address');
export const TOO_BIG = refusal('too_big', 'message', 552, '5.3.4', 'message is larger than the host takes');
/** RFC 6152 section 3, RFC 3463: conversion required but not supported. */
export const EIGHTBITMIME_MISSING = refusal(
  'eightbitmime_missing',
  'message',
  554,
  '5.6.3',
  'host lacks 8BITMIME and the message cannot be converted',
);
export const SMTPUTF8_MISSING = refusal('smtputf8_missing', 'message', 550, '5.6.7', 'host lacks SMTPUTF8');
export const BAD_ARGUMENT = refusal('bad_argument', 'message', 553, '5.1.3', 'address cannot be said in SMTP');
export const CONTENT_DAMAGED = refusal('content_damaged', 'message', 554, '5.6.0', 'content cannot be read any more');
export const CONTENT_MISSING = refusal('content_missing', 'message', 554, '5.6.0', 'content is not held any more');

export function deferredHere(cause: string, scope: Scope): Verdict {
  return certain(cause, scope, 'defer');
}

export const CONNECTION_LOST: Verdict = certain('connection_lost', 'host', 'unknown');
export const NO_FREE_PORTS: Verdict = certain('no_free_ports', 'source', 'defer');

const SOCKET_CAUSES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection_refused',
  ECONNRESET: 'connection_lost',
  EHOSTUNREACH: 'host_unreachable',
  ENETUNREACH: 'network_unreachable',
  EPIPE: 'connection_lost',
  ETIMEDOUT: 'timeout',
};

/** What a failed connection means, by its errno; a certificate's error and an unknown one say only that it failed. */
export function socketVerdict(code: string | undefined, phase: string): Verdict {
  const cause = SOCKET_CAUSES[code ?? ''] ?? (phase === 'starttls' ? 'tls_failed' : 'connection_lost');
  return certain(cause, 'path', 'defer');
}
