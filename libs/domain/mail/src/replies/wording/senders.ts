import type { ReplyRule } from '../reply-rule.ts';

/** What is wrong with the sender of the mail; asked before what is wrong with its recipient, as both are addresses. */
export const ENVELOPE_SENDER_WORDS: readonly ReplyRule[] = [
  {
    name: 'ehlo-name',
    pattern:
      /\b(?:helo|ehlo)\b[^.]{0,50}\b(?:reject\w*|invalid|required|mismatch|bogus|bad|not|does|forged|resolve\w*|fqdn|fake|incorrect|dynamic)|\b(?:bad|invalid|bogus|forged|your) (?:helo|ehlo)/i,
    verdict: 'reverse_dns source by_code',
    meaning: 'the name we greet with is not accepted',
    sample: '450 4.7.1 <mx.example.com>: Helo command rejected: Host not found',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'domain-listed',
    pattern:
      /\b(?:(?:sender|sending|from|envelope|return[- ]path)(?:'s)? (?:e-?mail )?(?:domain|address|sender)|your (?:domain|sender))\b[^.]{0,50}\b(?:black-? ?list\w*|block-? ?list\w*|denylist\w*|banned|listed|blocked|reputation|spammer)|\b(?:blacklisted|banned|blocked|blocklisted) (?:sender|from|domain|sender's)|\bsender\b[^.]{0,30}\b(?:black-? ?list\w*|block-? ?list\w*|blocked|banned|dnsbl|spammer|on (?:a |our |the )?block)|\bdbl\b|\brhsbl\b|\bunwanted domains?\b/i,
    verdict: 'domain_blocked sending_domain by_code',
    meaning: 'the sending domain or sender is listed or disliked',
    sample: '554 5.7.1 Service unavailable; Sender address [ann@example.com] blocked using dbl.example.net',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'bad-sender',
    pattern:
      /\bsender (?:e-?mail )?(?:address |domain |verif\w+ |callout |id )?[^.]{0,30}\b(?:rejected|fail(?:ed|ure)?|denied|invalid|unknown|not (?:found|allowed|valid|accepted|exist|verified|authori[sz]ed|permitted)|(?:does|do)(?:n'?t| not) exist|refused|undeliverable|required|unsuccessful|unverified|incorrect|misformatted|must)|domain of sender|\b(?:invalid|bad|unknown|unverified|illegal|forged) (?:envelope )?(?:sender|from|return[- ]path|mail from)|\b(?:envelope(?! recipient)|return[- ]path|reverse-path|mail from(?=:| command| address)|mailfrom|from:? (?:address|domain))\b[^.]{0,50}\b(?:reject\w*|invalid|not|fail\w*|unknown|resolve|exist|mx|denied|refused)|\bcallout\b|could not verify (?:the )?sender|spoof|\bfake sender|\bbatv\b|backscatter|\breturned mail not accepted|\bfrom: ?domain\b/i,
    verdict: 'bad_sender sending_domain by_code',
    meaning: 'the envelope sender does not exist or may not be used',
    sample: '450 4.1.8 <ann@example.com>: Sender address rejected: Domain not found',
    source: 'Postfix smtpd(8)',
  },
];

/** What is wrong with us: the address that sends, its names, its authentication. */
export const SENDER_WORDS: readonly ReplyRule[] = [
  {
    name: 'tls-required',
    pattern:
      /\bstarttls\b|\b(?:tls|ssl|encrypt(?:ion|ed)|secure (?:connection|channel))\b[^.]{0,40}\b(?:required|needed|mandatory|must|only)|\b(?:must|requires?|need|only)\b[^.]{0,40}\b(?:tls|ssl|encrypt(?:ion|ed)|secure connection)\b/i,
    verdict: 'tls_required path by_code',
    meaning: 'the host wants an encrypted connection',
    sample: '530 5.7.0 Must issue a STARTTLS command first',
    source: 'RFC 3207 section 4',
  },
  {
    name: 'credentials',
    pattern:
      /\b(?:smtp )?auth(?:entication)? (?:is )?(?:required|needed|failed|mandatory)|requires authentication|authenticate first|must (?:first )?(?:be )?(?:authenticat|log ?in)|not (?:logged in|authenticated)$|bad (?:username|login)|log ?in (?:first|required)|pop before smtp/i,
    verdict: 'credentials path by_code',
    meaning: 'the host wants us to log in',
    sample: '530 5.7.1 Authentication required',
    source: 'RFC 4954 section 4',
  },
  {
    name: 'authentication',
    pattern:
      /\bspf\b|\bdkim\b|\bdmarc\b|sender policy framework|domainkeys|openspf|unauthenticated (?:e-?mail|mail|message|sender)|\b(?:e-?mail|message|sender|domain)\b[^.]{0,40}\b(?:not|fail\w*|isn't|lacks?)\b[^.]{0,30}\bauthenticat|authentication (?:checks?|results?|level|polic)|\b(?:mis|not )?align(?:ed|ment)\b|\bnot (?:a )?(?:designated|permitted|authori[sz]ed) (?:\w+ ){0,5}(?:for|by) (?:the )?(?:domain|domain owner)/i,
    verdict: 'authentication sending_domain by_code',
    meaning: 'SPF, DKIM or DMARC did not pass, or is missing',
    sample: '550 5.7.23 The message was rejected because of Sender Policy Framework violation',
    source: 'Exchange',
  },
  {
    name: 'reverse-dns',
    pattern:
      /\breverse[- ]?(?:dns|lookup|hostname|name|mapping|host|record|resolution|ip)|\br-?dns\b|\bptr\b|(?:cannot|can't|could not|unable to|failed to) (?:find|resolve|lookup) (?:your|client|the) (?:reverse |client )?(?:host ?name|hostname|ip|address|name)|client host rejected: cannot find|\bip name lookup|\bunresolvable (?:relay )?host|(?:fcrdns|forward[- ]confirm)|\bmismatch\w* (?:the |your )?(?:client )?ip\b|\bdns lookup failure: ip\b|(?:host|domain) ?name (?:\w+ )?(?:does|do|could) not (?:resolve|match)/i,
    verdict: 'reverse_dns source by_code',
    meaning: 'PTR record, its forward match or the EHLO name is missing or wrong',
    sample: '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]',
    source: 'Postfix smtpd(8)',
  },
  {
    name: 'link-listed',
    pattern:
      /\bsurbl\b|\buribl\b|ivmuri|\b(?:urls?|uris?|links?|web ?sites?|domains?)\b[^.]{0,40}\b(?:in|within|contained|found|of) (?:the |your |this )?(?:message|mail|e-?mail|body|content)|\b(?:url|uri|link)s?\b[^.]{0,30}\b(?:listed|blacklist\w*|blocklist\w*|blocked|reputation|malicious|suspicious)|contains? (?:a |an )?(?:\w+ )?(?:url|uri|link|domain)/i,
    verdict: 'content_rejected message by_code',
    meaning: 'a link in the message is on a block list',
    sample: '554 5.7.1 Message contains a URL listed by SURBL',
    source: 'Rspamd, SpamAssassin milters',
  },
  {
    name: 'source-listed',
    pattern:
      /spamhaus|\bsbl\b|\bxbl\b|\bpbl\b|\bzen\b|spamcop|barracudacentral|\bsorbs\b|uceprotect|csi.cloudmark|abusix|senderscore|sender ?score|invaluement|ipcheck|\bdns ?bl\b|\b[rd]bl\b|\bdnswl\b|backscatterer|nixspam|manitu|mailspike|psbl|spamrats|lashback|blocked using|\b(?:client|host|ip|address|server|network|range|subnet|connection|mta|relay|you|mail from) ?(?:\S+ )?(?:is |are |was |has been |have been |been )?(?:currently |temporarily |permanently |locally )?(?:black-? ?listed|block-? ?listed|banned|deny ?listed|listed (?:in|on|at|by)|blocked(?! by the recipient)|on (?:a|our|the|my) (?:\w+ )?(?:black|block|deny|ban))|(?:\bip\b|\b(?:your|client|sending|sender's|remote|connecting|source|mail) (?:host|server|network|mta|client))\b[^.]{0,60}\b(?:blocked|banned|rejected|denied|refused|black-? ?list\w*|block-? ?list\w*|listed|not (?:allowed|welcome|permitted|accepted|authori[sz]ed)|spamm\w+|reputation|suspicious|abuse)|\b(?:black|block)-? ?list\w*[^.]{0,50}\b(?:ip|host|server|address|network|client|connection)\b|banned sending ip|\bopen proxy|\bspammer\b|\binvalid ip\b|not allowed to connect|no access for (?:this|your) (?:ip|host|server)|not (?:currently )?accept\w* (?:mail|messages|e-?mail|connections) from (?:your|this|you|hosts?|servers?|ip|dynamic)\b|\b(?:e-?mail|mail|messages|connections?) from (?:your|this) (?:ip|network|host|server|address)\b[^.]{0,30}\b(?:not (?:accepted|allowed|wanted)|refused|rejected|blocked)|\b(?:dynamic|dial-?up|residential|generic|dhcp|end-?user)\b[^.]{0,30}\b(?:ip|address|host|range|pool|client|line)|\b(?:poor|bad|low|negative|terrible|weak) (?:\w+ )?reputation\b|reputation[^.]{0,30}\b(?:ip|address|host|server)\b|(?<!not )\blisted (?:in|on|at|by) /i,
    verdict: 'blocked source by_code',
    meaning: 'the sending address is on a block list or has a bad reputation',
    sample: '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org',
    source: 'Postfix smtpd(8)',
  },
];
