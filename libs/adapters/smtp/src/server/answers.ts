import type { SmtpAnswer } from '@penstock/ports';

export function answer(code: number, enhanced: string, text: string): SmtpAnswer {
  return { code, enhanced, text };
}

/** RFC 2034: the enhanced code stands behind the code. */
export function line({ code, enhanced, text }: SmtpAnswer): string {
  return `${code} ${enhanced} ${text}\r\n`;
}

/** What the conversation says by itself. */
export const ANSWERS = {
  senderTaken: line(answer(250, '2.1.0', 'Sender ok')),
  recipientTaken: line(answer(250, '2.1.5', 'Recipient ok')),
  // RFC 2034 section 4: no enhanced code in a 3xx reply.
  sendData: '354 End data with <CR><LF>.<CR><LF>\r\n',
  ok: line(answer(250, '2.0.0', 'Ok')),
  bye: line(answer(221, '2.0.0', 'Bye')),
  help: line(answer(214, '2.0.0', 'RFC 5321 and RFC 6409; the user is apikey, the password an API key')),
  notVerified: line(answer(252, '2.0.0', 'Not verified, send some mail')),
  startTls: line(answer(220, '2.0.0', 'Ready to start TLS')),
  authenticated: line(answer(235, '2.7.0', 'Authentication successful')),
} as const;

/** Refusals the conversation decides by itself. */
export const REFUSALS = {
  unknownCommand: answer(500, '5.5.2', 'Command not recognized'),
  lineTooLong: answer(500, '5.5.2', 'Line too long'),
  notImplemented: answer(502, '5.5.1', 'Command not implemented'),
  noArguments: answer(501, '5.5.4', 'This command takes no argument'),
  needsName: answer(501, '5.5.4', 'This command needs the name of the client'),
  greetFirst: answer(503, '5.5.1', 'Send EHLO first'),
  authenticateFirst: answer(530, '5.7.0', 'Authentication required'),
  encryptFirst: answer(530, '5.7.0', 'Send STARTTLS first'),
  encryptBeforeAuth: answer(538, '5.7.11', 'Encryption required for authentication, send STARTTLS first'),
  authenticated: answer(503, '5.5.1', 'Already authenticated'),
  nested: answer(503, '5.5.1', 'A transaction is under way'),
  mailFirst: answer(503, '5.5.1', 'Send MAIL first'),
  noRecipients: answer(554, '5.5.1', 'No valid recipients'),
  senderSyntax: answer(501, '5.1.7', 'Malformed sender'),
  recipientSyntax: answer(501, '5.1.3', 'Malformed recipient'),
  parameterTwice: answer(501, '5.5.4', 'A parameter is given twice'),
  tooManyRecipients: answer(452, '4.5.3', 'Too many recipients'),
  tooLarge: answer(552, '5.3.4', 'The message is too large'),
  noMemory: answer(451, '4.3.0', 'Too much mail at once, try again later'),
  internal: answer(451, '4.3.0', 'Internal error, try again later'),
  encrypted: answer(503, '5.5.1', 'TLS is on already'),
  afterStartTls: answer(554, '5.5.1', 'Nothing may follow STARTTLS before TLS is on'),
} as const;

/** After these the connection ends (RFC 5321 section 3.8). */
export const FAREWELLS = {
  stopping: answer(421, '4.4.2', 'Service is stopping'),
  idle: answer(421, '4.4.2', 'Timeout'),
  tooManyErrors: answer(421, '4.7.0', 'Too many errors'),
  notAuthenticated: answer(421, '4.7.0', 'Too many commands without authentication'),
  guessing: answer(421, '4.7.0', 'Too many failed authentications'),
  http: answer(421, '4.7.0', 'This is no web server'),
  tooManyConnections: answer(421, '4.7.0', 'Too many connections, try again later'),
  noEncryption: answer(554, '5.7.0', 'Encryption is needed and not offered'),
} as const;
