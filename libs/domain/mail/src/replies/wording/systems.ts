import type { ReplyRule } from '../reply-rule.ts';

/** What is wrong on their side. */
export const SYSTEM_WORDS: readonly ReplyRule[] = [
  {
    name: 'mailbox-unavailable',
    pattern: /\b(?:mailbox|recipient|account|user)\b[^.]{0,20}\b(?:unavailable|not available)\b/i,
    verdict: 'mailbox_unavailable recipient by_code',
    meaning: 'the mailbox cannot take mail, no reason given',
    sample: '550 5.5.0 Requested action not taken: mailbox unavailable',
    source: 'RFC 5321 section 4.2.3',
  },
  {
    name: 'service-closing',
    pattern:
      /service (?:is )?(?:temporarily |currently )?(?:not available|unavailable)|closing (?:transmission|connection|channel)|\b(?:shutting|going) down\b/i,
    verdict: 'not_available path by_code',
    meaning: 'the service is closing or closed',
    sample: '421 4.3.2 Service not available, closing transmission channel',
    source: 'RFC 5321 section 4.2.3',
  },
  {
    name: 'system-full',
    pattern:
      /insufficient (?:system |disk |server )?(?:storage|space|disk)|no space left|disk (?:is )?full|(?:spool|queue) (?:disk |is )?full|not enough (?:disk |free )?space/i,
    verdict: 'system_full host by_code',
    meaning: 'the receiving system has no room',
    sample: '452 4.3.1 Insufficient system storage',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'not-accepting',
    pattern:
      /\bnot (?:currently |now )?accept(?:ing)? (?:any )?(?:mail|messages|e-?mail|network|connections)|(?:does|do|will)(?:n'?t| not) accept (?:any )?(?:mail|messages|e-?mail)\b(?! (?:from|containing|with))|accepts? no mail|no mail (?:service|accepted)|no smtp (?:service|server)/i,
    verdict: 'not_accepting host by_code',
    meaning: 'the host takes no mail',
    sample: '521 5.3.2 This host does not accept mail',
    source: 'RFC 7504',
  },
  {
    name: 'routing',
    pattern:
      /connection (?:timed out|refused|reset)|no route|unreachable|\btimed?[- ]?out\b|\bdns\b[^.]{0,30}\b(?:error|fail\w*|timeout|lookup|problem)|name ?server|unable to (?:route|connect|contact)|(?:could not|cannot|can't) (?:connect|route|contact|reach|forward)|lost connection|\bmx\b[^.]{0,30}\b(?:lookup|loop|error|points)|unrouteable|host (?:is )?down|not reachable/i,
    verdict: 'routing host by_code',
    meaning: 'the receiver cannot hand the message on',
    sample: '451 4.4.1 Cannot contact the mailbox server: connection timed out',
    source: 'Exchange, Dovecot proxies',
  },
  {
    name: 'system-problem',
    pattern:
      /\b(?:temporary|temporarily|local|internal|unexpected|queue|server|system|lookup|database|ldap|sql|mysql|backend|configuration|config|milter|directory|storage|proxy|filter|scanner|processing|i\/o)\b[^.]{0,30}\b(?:error|fail(?:ure|ed)?|problem|fault|exception|unavailable|outage|misconfigur\w*|malfunction|down)|out of memory|\bmaintenance\b|\btempfail|could not (?:complete|process|queue|save|write|open)|cannot (?:process|queue|save|write|open)|unable to (?:process|queue|complete|deliver|accept) /i,
    verdict: 'system_problem host by_code',
    meaning: 'an error inside the receiving system',
    sample: '451 4.3.0 Temporary lookup failure',
    source: 'Postfix smtpd(8)',
  },
];

/** Words that say no and little more; asked last, after the status codes that say something. */
export const VAGUE_WORDS: readonly ReplyRule[] = [
  {
    name: 'later',
    pattern: /^4.*(?:try (?:again )?later|(?:re)?try again|temporar|later|deferred|come back)/i,
    verdict: 'not_available path by_code',
    meaning: 'not now',
    sample: '451 Please try again later',
    source: 'wording of several MTAs',
  },
  {
    name: 'policy',
    pattern:
      /\bpolic(?:y|ies)\b|not (?:allowed|permitted|authori[sz]ed|accepted|welcome|wanted)|access denied|administrative\w*|prohibited|\b(?:denied|blocked|banned|forbidden|restricted|refused|rejected)\b|\breject|go away|no thank|unacceptable/i,
    verdict: 'policy message by_code',
    meaning: 'a rule of the receiver forbids it; which one is not said',
    sample: '550 5.7.1 Message rejected due to local policy',
    source: 'wording of several MTAs',
  },
];
