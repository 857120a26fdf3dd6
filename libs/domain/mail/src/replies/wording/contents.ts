import type { ReplyRule } from '../reply-rule.ts';

/** What is wrong with the message, or with the conversation. */
export const CONTENT_WORDS: readonly ReplyRule[] = [
  {
    name: 'malware',
    pattern:
      /\bvirus|malware|\binfected\b|phish|trojan|\bworm\b|\b(?:attachment|file)s?\b[^.]{0,50}\b(?:not (?:allowed|permitted|accepted)|blocked|forbidden|prohibited|rejected|banned|type|extension|unacceptable|dangerous)|\bnot accept \w+ (?:containing|with) \w+|\b(?:banned|forbidden|dangerous|executable|illegal|prohibited) (?:\w+ )?(?:attachment|file|extension|content)/i,
    verdict: 'content_rejected message by_code',
    meaning: 'malware, or a kind of file that is not taken',
    sample: '552 5.7.0 This message contains a virus (Eicar-Signature) and was rejected',
    source: 'ClamAV milters',
  },
  {
    name: 'spam-content',
    pattern:
      /spam|\bunsolicited\b|\bmass mailer|\breject, id=|recurrent pattern|\bjunk\b|\bUBE\b|\bUCE\b|\bbulk (?:e-?mail|mail|sender)|\bcontent\b[^.]{0,50}\b(?:reject\w*|block\w*|unaccept\w*|denied|restrict\w*|filter\w*|suspicious|policy|not (?:allowed|accepted|permitted)|inappropriate|violat\w*|judged|refused|objection\w*)|\b(?:rejected|blocked|refused|denied|filtered)\b[^.]{0,40}\b(?:content|filter|score|scan\w*|signature)|\b(?:message|mail|e-?mail)\b[^.]{0,40}\b(?:looks like|scored|classified|identified|detected|considered|suspicious|scanner|filtered)|\bbayes|\b(?:reject|block|refus)\w* (?:\w+ )?content|offensive|profanity|\bdcc\b|\brazor\b|\bpyzor\b|similar to messages/i,
    verdict: 'content_rejected message by_code',
    meaning: 'taken for spam',
    sample: '554 5.7.1 Message rejected as spam by content filtering',
    source: 'Exim and SpamAssassin',
  },
  {
    name: 'message-malformed',
    pattern:
      /\b(?:header|headers|mime|subject|date|message-?id|from:|bare (?:lf|cr|newline|linefeed)|line (?:too )?long|8-?bit|rfc ?2?[58]\d\d)\b[^.]{0,60}\b(?:missing|invalid|malformed|syntax|required|duplicate|bad|not (?:\w+ )?(?:allowed|compliant|valid|conform\w*)|illegal|error|multiple|too long|violat\w*|non-?compliant|empty|incorrect)|\b(?:missing|invalid|malformed|duplicate|multiple|bad|illegal|no valid|not) (?:\w+[- ]?){0,2}(?:header|headers|mime|message-?id|rfc ?2?[58]\d\d)|\bmust be rfc|\b(?:missing|having no|has no|without) [^.]{0,30}\bheader|\blines? longer than|bare (?:lf|cr|newline|line feed)|\bmessage (?:is )?(?:not|non)[- ](?:rfc|compliant|conform)/i,
    verdict: 'content_rejected message by_code',
    meaning: 'the headers or the form of the message are not accepted',
    sample: '550 5.6.0 Message header is missing or malformed: From:',
    source: 'Exim, Gmail',
  },
  {
    name: 'protocol',
    pattern:
      /syntax error|command (?:not |un)(?:recogni[sz]ed|implemented|known|supported)|(?:unrecogni[sz]ed|unknown|invalid|unimplemented|bad|illegal) (?:command|parameter|argument)|out of (?:sequence|order)|bad sequence|need (?:mail|rcpt|helo|ehlo|data)\b|polite people say|no valid recipients|pipelining|protocol (?:error|violation)|nested mail|expected (?:command|response)|too many (?:errors|syntax|unknown commands|bad commands|protocol)|must have sender|helo first/i,
    verdict: 'protocol message by_code',
    meaning: 'a command was not understood, or came out of turn',
    sample: '503 5.5.1 Error: need MAIL command',
    source: 'Postfix smtpd(8)',
  },
];
