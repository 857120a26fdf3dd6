import type { ReplyRule } from '../reply-rule.ts';

/** Slower, please: said with a 5yz too by some, and always meant for now. */
export const THROTTLING_WORDS: readonly ReplyRule[] = [
  {
    name: 'greylisted',
    pattern:
      /gr[ae]y-? ?list|postgrey|liste grise|\btriplet\b|\b(?:not (?:yet )?seen|first (?:time|contact|seen))\b.{0,40}\b(?:sender|host|relay|server)|\b(?:unknown|unfamiliar|unseen|new) (?:sender|relay)\b.{0,60}(?:retry|again|later)/i,
    verdict: 'greylisted recipient defer',
    meaning: 'greylisting, in any of its spellings',
    sample: '450 4.2.0 <ann@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example/help',
    source: 'Postfix with postgrey',
  },
  {
    name: 'connection-spent',
    pattern:
      /(?:too many|max(?:imum)?|limit|exceeded)[^.]{0,30}\b(?:mails?|messages?|e-?mails?|transactions?|deliver(?:y|ies))\b[^.]{0,30}\b(?:per|in|on|for|over|during|this|one|single)\b[^.]{0,12} (?:connection|session)|\b(?:messages?|mails?|transactions?|delivery) limit\b[^.]{0,20} (?:connection|session)|\bmessages sent (?:in|on|over) this (?:connection|session)/i,
    verdict: 'connection_spent path defer',
    meaning: 'as many messages as one connection may carry',
    sample: '421 4.7.0 mx.example.com Too many messages in this connection',
    source: 'wording of several MTAs',
  },
  {
    name: 'too-many-connections',
    pattern:
      /too many (?:\w+ ){0,3}(?:connections?|sessions?|connects)\b|\b(?:max(?:imum)?|limit)\b[^.]{0,40}\b(?:connections?|sessions?)\b|\b(?:connections?|sessions?)\b[^.]{0,40}\b(?:limit|exceed(?:ed|s)?|too (?:many|frequent|fast|quickly)|rate|frequency)\b|\b(?:simultaneous|concurrent) (?:clients|hosts)\b|\bconcurrency limit|connecting too (?:fast|often|frequently)|trop de connexions|zu viele verbindungen|demasiadas conexiones|troppe connessioni/i,
    verdict: 'throttle_connections path defer',
    meaning: 'too many connections, or opened too fast',
    sample: '421 4.7.0 mx.example.com Error: too many connections from 192.0.2.1',
    source: 'Postfix smtpd(8), anvil(8)',
  },
  {
    name: 'invalid-recipients-rate',
    pattern:
      /too many (?:bad|invalid|unknown|non-?existent|rejected|failed) (?:recipients?|users?|addresses|rcpts?)|too many errors from/i,
    verdict: 'throttle_reputation path by_code',
    meaning: 'taken for somebody who guesses addresses',
    sample: '421 4.7.0 Too many invalid recipients from your address',
    source: 'wording of several MTAs',
  },
  {
    name: 'too-many-recipients',
    pattern:
      /too many (?:rcpts?|recipients?)\b(?! from)|\b(?:recipients?|rcpts?) (?:limit|count|number)[^.]{0,20}exceed|(?:max(?:imum)?|limit)\b[^.]{0,30}\brecipients?\b|\bonly \d+ recipients\b/i,
    verdict: 'too_many_recipients message defer',
    meaning: 'too many recipients in one transaction; with 552 too (RFC 5321 section 4.5.3.1.10)',
    sample: '452 4.5.3 Error: too many recipients',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'recipient-rate',
    pattern:
      /\b(?:mailbox|recipient|user|account|inbox|addressee)\b[^.]{0,60}\b(?:receiv\w+|getting)\b[^.]{0,30}\b(?:too|rate|limit|many)\b|\b(?:recipient|mailbox|user)\b[^.]{0,25}\b(?:message|mail|receive|receiving|delivery) (?:rate|limit)|\b(?:limit|rate) of (?:this|the|that) (?:mailbox|user|recipient)\b|too many (?:recent )?(?:mails?|messages|e-?mails?) (?:to|for) (?:this|that|the same) (?:recipient|user|mailbox|address)/i,
    verdict: 'throttle_recipient recipient defer',
    meaning: 'one mailbox receives too fast',
    sample: '451 4.2.1 This user is receiving mail at a rate too high for us',
    source: 'own wording after Gmail and Yahoo',
  },
  {
    name: 'quota-of-sender',
    pattern:
      /\b(?:hourly|daily|(?:per|an|each|every) (?:hour|day|24 hours))\b[^.]{0,50}\b(?:limit|quota|max(?:imum)?|allowed|exceed(?:ed|s)?)\b|\b(?:limit|quota|max(?:imum)?|exceeded)\b[^.]{0,50}\b(?:hourly|daily|(?:per|an|each|every) (?:hour|day|24 hours))\b|\b(?:hourly|daily) allowance|\bpermitted (?:per|an|each|every) (?:hour|day)|\b(?:sending|sender|outgoing|outbound|relay) (?:limits?|quota)\b/i,
    verdict: 'throttle_quota path defer',
    meaning: 'an allowance by the hour or the day is used up',
    sample: '451 4.7.1 Hourly limit for your address reached, try again later',
    source: 'wording of several MTAs',
  },
  {
    name: 'slowed-for-reputation',
    pattern: /^4.*\b(?:reputation|complain(?:ts?|ed))\b/i,
    verdict: 'throttle_reputation path defer',
    meaning: 'slowed down for reputation or complaints',
    sample: '421 4.7.0 Mail from 192.0.2.1 deferred: low reputation of the sending address',
    source: 'own wording after Yahoo and Microsoft',
  },
  {
    name: 'rate',
    pattern:
      /\brate[- ]?limit|\bthrottl|\brates? (?:\w+ ){0,3}exceed|exceed\w* (?:\w+ ){0,4}rates?\b|too (?:fast|quickly|frequent|often)\b|too much (?:mail|e-?mail|traffic)|excessive (?:volume|rate|number|mail|e-?mail)|unusual (?:rate|amount|volume|traffic)|too many (?:\w+ )?(?:messages?|e-?mails?|mails?|requests|deliveries|attempts)\b(?! (?:on the server|in ))|\brate\b[^.]{0,20}\btoo high|\bvolume\b[^.]{0,30}\b(?:above|too high|over)\b|\bslower\b|too many recipients from|frequency (?:is )?limited|slow(?:ing)? down|volume (?:limit|exceed)|message limit|sending (?:too|rate)/i,
    verdict: 'throttle_rate path defer',
    meaning: 'too much mail at once',
    sample: '450 4.7.1 Error: too much mail from 192.0.2.1',
    source: 'Postfix smtpd(8), anvil(8)',
  },
  {
    name: 'server-busy',
    pattern:
      /\b(?:server|system|service|host|we are|i'm|mta)\b.{0,15}\bbusy\b|\btoo busy\b|\boverload|\bcongest|(?:high|heavy|heavily) (?:system )?load|load average|load (?:is )?too high|resources? (?:are |is )?(?:temporarily |currently )?(?:unavailable|exhausted|limited|low)|out of (?:resources|memory)|insufficient (?:system )?resources/i,
    verdict: 'server_busy path defer',
    meaning: 'too much to do, by its own account',
    sample: '421 4.3.2 System is too busy, try again later',
    source: 'wording of several MTAs',
  },
];
