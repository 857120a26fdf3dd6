import type { ReplyRule } from '../reply-rule.ts';

/** What is wrong with the recipient's address or mailbox. */
export const ADDRESS_WORDS: readonly ReplyRule[] = [
  {
    name: 'routing-loop',
    pattern:
      /too many hops|hop count|\b(?:mail|routing|forwarding|message|delivery) loop|loops? (?:back|detected)|too many received/i,
    verdict: 'routing_loop recipient by_code',
    meaning: 'the message goes round in circles',
    sample: '554 5.4.6 Too many hops 26 (25 max): from <ann@example.com>',
    source: 'sendmail',
  },
  {
    name: 'mailbox-full',
    pattern:
      /\b(?:mail ?box|mail ?folder|inbox|maildir|account|user|recipient)\b[^.]{0,60}\b(?:full|over ?quota|(?:quota|space|storage)[^.]{0,20}exceed\w*|exceed\w*[^.]{0,40}(?:quota|space|storage|allocation|limit)|out of (?:storage|space)|no (?:more )?(?:space|room)|over (?:its |the |his )?(?:limit|size|storage))|over ?quota|\bquota (?:is |has been |was )?(?:exceeded|full|reached|violation)|\bspace (?:has been |is )?used up|exceed\w* (?:\w+ ){0,4}quota|out of storage space|exhausted [^.]{0,20}(?:storage|space)|too many (?:messages?|mails?) (?:on the server|in (?:the|his|her|this) (?:mail ?box|inbox))|speicher[^.]{0,30}(?:ueber|über)schritten|(?:not enough|insufficient|no) (?:mailbox |user |recipient |quota )?(?:storage|space) (?:in|for|available for)[^.]{0,20}(?:mailbox|user|recipient|account)|mailbox size limit|\bquota\b.{0,40}\b(?:user|recipient|mailbox)\b|bo[iî]te[^.]{0,40}pleine|buz[oó]n[^.]{0,20}llen[oa]|postfach[^.]{0,20}voll|casella[^.]{0,20}piena/i,
    verdict: 'mailbox_full recipient by_code',
    meaning: 'the mailbox has no room',
    sample: '452 4.2.2 Mailbox full: the user is over quota',
    source: 'Dovecot LMTP, Cyrus, Exchange',
  },
  {
    name: 'message-too-big',
    pattern:
      /\b(?:message|mail|e-?mail|content|body|attachment|header)s?\b[^.]{0,40}\b(?:too (?:big|large|long)|size (?:exceeds?|limit|violation)|exceeds? [^.]{0,50}\b(?:size|length|limit|maximum|max)\b|larger than)|\b(?:size|length)\b[^.]{0,30}\bexceeds?|exceed\w* (?:\w+ ){0,4}(?:message|mail|content) size|message (?:size|length)\b[^.]{0,30}\b(?:limit|exceed|too)|max(?:imum)? (?:\w+ )?(?:message|mail) size/i,
    verdict: 'message_too_big message by_code',
    meaning: 'larger than is taken',
    sample: '552 5.3.4 Message size exceeds fixed limit',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'relay-denied',
    pattern:
      /\brelay(?:ing|ed)? (?:\w+ )?(?:is )?(?:denied|disallowed|not (?:permitted|allowed|accepted)|prohibited|disabled|forbidden|rejected|refused|restricted)|\b(?:unable|not permitted|not allowed|refus\w+|denied|not authori[sz]ed|cannot|can't|don't|not) (?:to |by )?relay|relay(?:ing)? (?:mail )?to\b|\bas a relay\b|\brelay access|rcpthosts|not (?:a |an )?(?:open |mail )?(?:gateway|relay)\b|\bdomain\b[^.]{0,30}\bnot (?:hosted|handled|served|local|configured|accepted|allowed|listed)\b|\bnot (?:a |one of )?(?:our|local|hosted) domains?\b|\binsecure (?:mail )?relay/i,
    verdict: 'relay_denied recipient by_code',
    meaning: 'the host does not take mail for that domain',
    sample: '554 5.7.1 <ann@example.com>: Relay access denied',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'not-a-member',
    pattern:
      /\bonly (?:\w+ ){0,2}accept\w* (?:mail|messages|e-?mail) from|\b(?:only|restricted|limited) (?:\w+ ){0,4}(?:internal|members?|authenticated|subscribers?|insiders?|specific senders)|\b(?:not|isn't) (?:a member|allowed to post|permitted to (?:send|post) to|authori[sz]ed to send to|subscribed)|resolver.rst|members?[- ]only|moderat(?:ed|or)|delivery not authori[sz]ed to|not (?:pre-?)?approved|blocked by (?:the |this |your )?(?:recipient|user|addressee)\b|recipient(?:'s)? (?:preferences|settings)/i,
    verdict: 'policy recipient by_code',
    meaning: 'the recipient takes mail from certain senders only',
    sample: '550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required; restricted group',
    source: 'Exchange',
  },
  {
    name: 'mailbox-disabled',
    pattern:
      /(?<!\b(?:ip|sender|sender's|your|client|host|server|sending) )\b(?:mail ?box|account|user|recipient|e-?mail address|addressee|inbox)\b[^.]{0,40}\b(?:disabled|suspended|inactive|deactivated|locked|frozen|expired|terminated|not (?:currently )?active|on hold|discontinued|closed|cancell?ed|retired|archiv\w+|unavailable for delivery)|\b(?:extended )?inactivity\b|\bcancell?ed (?:this|the) mailbox|\b(?:disabled|inactive|suspended|deactivated|expired|locked) (?:mail ?box|account|user|recipient|e-?mail)/i,
    verdict: 'mailbox_disabled recipient by_code',
    meaning: 'the mailbox exists and is switched off',
    sample: '550 5.2.1 The mailbox of this user is disabled',
    source: 'wording of several MTAs',
  },
  {
    name: 'mailbox-moved',
    pattern:
      /\b(?:user|recipient|mailbox|account|address)\b[^.]{0,30}\b(?:has )?(?:moved|changed (?:its |his |her )?address)|user not local; please try|address (?:has )?changed|no longer works? (?:here|for)|left the (?:company|organi[sz]ation)/i,
    verdict: 'mailbox_moved recipient by_code',
    meaning: 'the mailbox is elsewhere now',
    sample: '551 5.1.6 User has moved; please try another address',
    source: 'RFC 5321 section 3.4',
  },
  {
    name: 'bad-address',
    pattern:
      /\bnot a valid rfc|\b(?:recipient|rcpt|address|mailbox|local[- ]part)\b[^.]{0,30}\b(?:syntax|malformed|illegal|misformatted)|\b(?:malformed|illegal|misformatted) (?:\w+ )?(?:address|recipient|mailbox|local[- ]part)/i,
    verdict: 'bad_address recipient by_code',
    meaning: 'the address is not one the receiver can read',
    sample: '501 5.1.3 Bad recipient address syntax',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'verification-pending',
    pattern: /\b(?:address|recipient) verification (?:is )?in progress|\bunverified address/i,
    verdict: 'system_problem host by_code',
    meaning: 'the receiver asks another host about the address and has no answer yet',
    sample:
      '450 4.1.1 <ann@example.com>: Recipient address rejected: unverified address: Address verification in progress',
    source: 'Postfix verify(8)',
  },
  {
    name: 'domain-unknown',
    pattern:
      /\b(?:host|domain)(?: ?name)?\b[^.]{0,40}\b(?:not found|unknown|(?:does|do)(?:n'?t| not) exist|lookup fail\w*|invalid|unresolvable|no longer)|\b(?:unknown|invalid|bad|no such|non-?existent) (?:host|domain)|\bnxdomain\b|\bno (?:valid )?(?:mx|a|dns) records?\b/i,
    verdict: 'domain_unknown recipient by_code',
    meaning: 'the receiver does not know the domain',
    sample: '550 5.1.2 <ann@example.com>: Recipient address rejected: Domain not found',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'user-unknown',
    pattern:
      /\b(?:user|recipient|mailbox|account|addressee|alias)s?\b[^.]{0,30}\b(?:unknown|not (?:be )?(?:found|known|exists?|valid|recogni[sz]ed|listed|registered|here)|(?:does|do|did)(?:n'?t| not) exist|doesn'?t exist|non-?exist(?:ent|ing)|invalid|not exist|no longer (?:exists?|valid|available|in use|on)|cannot be found|can't be found)|\b(?:unknown|invalid|bad|non-?existent|unrouteable|undeliverable|no valid|incorrect) (?:destination )?(?:user|recipient|local[- ]?part|mailbox|address|account|virtual|e-?mail|login|rcpt)|\b(?:no|not) (?:such|a valid|a known|any such) (?:local )?(?:user|recipient|mailbox|mail ?drop|account|address|person|subscriber|e-?mail|name|customer|alias)|\baddress(?:ee)?\b[^.]{0,40}\b(?:unknown|(?:could|can) ?not be found|(?:does|do)(?:n'?t| not) exist|not (?:found|exist|valid)|non-?existent|undeliverable|no longer (?:exists?|valid|in use))|\bno (?:\w+ )?(?:mailbox|account|user|one|person|addressee) (?:here|(?:by|with|of|for) (?:that|this|the)|found|exists|named)|\bnot (?:present |found )?in (?:the |our )?(?:recipient|user|address|directory|local|ldap)|\bno mail ?box|badrcptto|validrcptto|badrecipientto|doesn'?t have an? .{0,30}account|isn't (?:a|in) .{0,30}(?:mailbox|account|user|list)|unable to find (?:user|recipient|mailbox)|recipnotfound|empf[aä]nger[^.]{0,20}unbekannt|unbekannte[rs]? empf|(?:destinataire|adresse|utilisateur)[^.]{0,20}(?:inconnu|invalide)|nessun utente|\bno existe\b|nicht (?:vorhanden|gefunden)|existiert nicht|n'existe pas|(?:usuario|destinatario|utente)[^.]{0,20}(?:desconocido|no existe|sconosciuto|inesistente|inexistente)/i,
    verdict: 'user_unknown recipient by_code',
    meaning: 'no such mailbox',
    sample: '550 5.1.1 <ann@example.com>: Recipient address rejected: User unknown in local recipient table',
    source: 'Postfix smtpd(8)',
  },
];
