/**
 * The words verdicts use for why mail was not taken. Stable: they stand in facts, counters and webhooks. A cause says
 * what is wrong, the verdict's scope whom it is about, its disposition whether to come back.
 */
export const CAUSE_MEANINGS = {
  // The recipient's address.
  user_unknown: 'no such mailbox',
  bad_address: 'the address is not one the receiver can read',
  domain_unknown: 'the receiver does not know the domain',
  null_mx: 'the domain takes no mail at all (RFC 7505)',
  mailbox_moved: 'the mailbox is elsewhere now, or belongs to somebody else',
  mailbox_disabled: 'the mailbox exists and is switched off',
  mailbox_unavailable: 'the mailbox cannot take mail, no reason given',
  mailbox_full: 'the mailbox has no room',
  list_expansion: 'the mailing list behind the address could not be expanded',
  relay_denied: 'the host does not take mail for that domain from us',
  // Slower, please.
  greylisted: 'unknown until it comes back from the same address a few minutes later',
  throttle_rate: 'too much mail at once',
  throttle_connections: 'too many connections, or opened too fast',
  throttle_reputation: 'slowed down for what recipients think of earlier mail',
  throttle_recipient: 'one mailbox is getting mail too fast',
  throttle_quota: 'an hourly or daily allowance is used up',
  connection_spent: 'this connection has carried as many messages as it may',
  too_many_recipients: 'too many recipients in one transaction',
  server_busy: 'the server has too much to do',
  // Who we are.
  blocked: 'the sending IP address is on a block list or has too bad a reputation',
  domain_blocked: 'the sending domain or sender is on a block list or has too bad a reputation',
  reverse_dns: 'PTR record, its forward match or the EHLO name of the sending address is missing or wrong',
  authentication: 'SPF, DKIM or DMARC did not pass, or is missing',
  bad_sender: 'the envelope sender does not exist or may not be used',
  credentials: 'the host wants us to log in',
  tls_required: 'the host wants an encrypted connection',
  // What it is.
  content_rejected: 'the content looks like spam, carries malware or breaks a rule about content',
  message_too_big: 'the message is larger than is taken',
  conversion: 'the content would have to be converted and cannot be',
  smtputf8_unsupported: 'the address needs SMTPUTF8',
  policy: 'a rule of the receiver forbids it; which one is not said',
  // Their side.
  system_problem: 'an error inside the receiving system',
  system_full: 'the receiving system has no room',
  not_accepting: 'the host takes no mail at all',
  not_available: 'the service is closing or closed',
  unsupported_feature: 'the host cannot do what the message needs',
  routing: 'the receiver cannot hand the message on to where the mailbox is',
  routing_loop: 'the message goes round in circles',
  no_answer: 'a host behind the receiver does not answer',
  bad_connection: 'the connection broke',
  expired_there: 'the receiver tried for too long to hand it on',
  protocol: 'a command was not understood, or came out of turn',
  refused: 'refused, nothing said why',
  unexpected_reply: 'neither accepted nor refused: out of step with RFC 5321',
} as const;

export type Cause = keyof typeof CAUSE_MEANINGS;
