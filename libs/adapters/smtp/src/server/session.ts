/** What the commands of one client mean (RFC 5321 section 4.1, RFC 6409): no bytes, no socket. */
import type { DoorOptions, SmtpAnswer, SubmissionHandlers } from '@penstock/ports';
import { ANSWERS, FAREWELLS, line, REFUSALS } from './answers.ts';
import { SaslExchange, type SaslStep } from './authentication.ts';
import { checkMailParameters, parseEnvelopeCommand, UNSUPPORTED_PARAMETER } from './envelope-command.ts';

/** A reply, and what comes behind it. */
export interface Outcome {
  readonly reply: string;
  readonly next?: 'data' | 'tls' | 'end';
}

export interface Transaction {
  readonly mailFrom: string;
  readonly smtpUtf8: boolean;
  /** Bytes the client announced; 0 if it did not. */
  readonly size: number;
  /** Each address once, in order. */
  readonly recipients: Set<string>;
}

/** What the connection is like. */
export interface Channel {
  readonly secure: boolean;
  /** STARTTLS can be asked for. */
  readonly canSecure: boolean;
  /** STARTTLS is listed after EHLO. */
  readonly offersTls: boolean;
  /** Keys are taken as the connection is. */
  readonly mayAuthenticate: boolean;
}

const MAX_AUTH_FAILURES = 3;
const MAX_COMMANDS_BEFORE_AUTH = 20;
/** Senseless commands between two messages, as Postfix's `smtpd_hard_error_limit`. */
const MAX_ERRORS = 20;
/** RFC 5321 section 4.5.3.1.2, and room for what clients make of it. */
const MAX_CLIENT_NAME = 300;
/** A browser that is made to speak to this port. */
const HTTP = /^(GET|HEAD|POST|PUT|DELETE|OPTIONS|CONNECT|TRACE|PATCH) .* HTTP\/\d/i;
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
const CONTROL = /[\u0000-\u001f\u007f]/;

export class Session<Grant> {
  grant: Grant | undefined;
  transaction: Transaction | undefined;
  private greeted: 'no' | 'HELO' | 'EHLO' = 'no';
  private sasl: SaslExchange | undefined;
  private authFailures = 0;
  private errors = 0;
  private commandsBeforeAuth = 0;

  constructor(
    private readonly options: DoorOptions,
    private readonly handlers: SubmissionHandlers<Grant>,
    private readonly channel: Channel,
  ) {}

  /** Whether the next line belongs to AUTH and may be long (RFC 4954 section 4). */
  get authenticating(): boolean {
    return this.sasl !== undefined;
  }

  /** For Received (RFC 3848, RFC 6531 section 4.3). */
  get protocol(): string {
    const suffix = this.channel.secure ? 'SA' : 'A';
    return this.transaction?.smtpUtf8 ? `UTF8SMTP${suffix}` : `ESMTP${suffix}`;
  }

  /** One line without its end. */
  command(text: string): Outcome {
    if (this.sasl) return this.saslStep(this.sasl.respond(text), this.sasl);
    const blank = text.indexOf(' ');
    const verb = (blank < 0 ? text : text.slice(0, blank)).toUpperCase();
    const rest = blank < 0 ? '' : text.slice(blank + 1).trim();
    if (this.grant === undefined) {
      if (HTTP.test(text)) return farewell(FAREWELLS.http);
      if (verb !== 'AUTH' && ++this.commandsBeforeAuth > MAX_COMMANDS_BEFORE_AUTH) {
        return farewell(FAREWELLS.notAuthenticated);
      }
    }
    return this.dispatch(verb, rest);
  }

  lineTooLong(): Outcome {
    this.sasl = undefined;
    return this.senseless(REFUSALS.lineTooLong);
  }

  /** After the answer to a message: it ends the transaction, whatever it was (RFC 5321 section 4.1.1.4). */
  messageEnded(taken: boolean): void {
    this.transaction = undefined;
    if (taken) this.errors = 0;
  }

  private dispatch(verb: string, rest: string): Outcome {
    switch (verb) {
      case 'MAIL':
        return this.mail(rest);
      case 'RCPT':
        return this.rcpt(rest);
      case 'DATA':
        return this.data(rest);
      case 'EHLO':
      case 'HELO':
        return this.greet(verb, rest);
      case 'AUTH':
        return this.auth(rest);
      case 'STARTTLS':
        return this.startTls(rest);
      case 'RSET':
        this.transaction = undefined;
        return OK;
      case 'NOOP':
        return OK;
      case 'QUIT':
        return { reply: ANSWERS.bye, next: 'end' };
      case 'VRFY':
        return { reply: ANSWERS.notVerified };
      case 'HELP':
        return { reply: ANSWERS.help };
      case 'EXPN':
        return refusal(REFUSALS.notImplemented);
      default:
        return this.senseless(REFUSALS.unknownCommand);
    }
  }

  private greet(verb: 'EHLO' | 'HELO', name: string): Outcome {
    if (name === '' || name.length > MAX_CLIENT_NAME || CONTROL.test(name)) return this.senseless(REFUSALS.needsName);
    this.transaction = undefined;
    this.greeted = verb;
    const { hostname, maxMessageBytes } = this.options;
    if (verb === 'HELO') return { reply: `250 ${hostname}\r\n` };
    const { secure, offersTls, mayAuthenticate } = this.channel;
    const words = [
      hostname,
      'PIPELINING',
      `SIZE ${maxMessageBytes}`,
      ...(offersTls && !secure ? ['STARTTLS'] : []),
      ...(mayAuthenticate ? ['AUTH PLAIN LOGIN'] : []),
      'ENHANCEDSTATUSCODES',
      '8BITMIME',
      'SMTPUTF8',
    ];
    const last = words.length - 1;
    return { reply: words.map((word, i) => `250${i < last ? '-' : ' '}${word}\r\n`).join('') };
  }

  private startTls(rest: string): Outcome {
    if (rest !== '') return this.senseless(REFUSALS.noArguments);
    if (this.channel.secure) return this.senseless(REFUSALS.encrypted);
    if (!this.channel.canSecure) return this.senseless(REFUSALS.notImplemented);
    return { reply: ANSWERS.startTls, next: 'tls' };
  }

  private auth(rest: string): Outcome {
    if (this.greeted !== 'EHLO') return this.senseless(REFUSALS.greetFirst);
    if (!this.channel.mayAuthenticate) return this.senseless(REFUSALS.encryptBeforeAuth);
    if (this.grant !== undefined) return this.senseless(REFUSALS.authenticated);
    const { exchange, step } = SaslExchange.begin(rest);
    return this.saslStep(step, exchange);
  }

  private saslStep(step: SaslStep, exchange: SaslExchange | undefined): Outcome {
    this.sasl = undefined;
    if (step.kind === 'refused') return this.senseless(step.answer);
    if (step.kind === 'challenge') {
      this.sasl = exchange;
      return { reply: step.line };
    }
    const { user, password } = step.credentials;
    const result = this.handlers.authenticate(user, password);
    if ('grant' in result) {
      this.grant = result.grant;
      return { reply: ANSWERS.authenticated };
    }
    // Nobody guesses keys on one connection.
    if (result.code >= 500 && ++this.authFailures >= MAX_AUTH_FAILURES) return farewell(FAREWELLS.guessing);
    return this.senseless(result);
  }

  private mail(rest: string): Outcome {
    const { grant, options } = this;
    if (this.greeted === 'no') return this.senseless(REFUSALS.greetFirst);
    if (grant === undefined) {
      return this.senseless(this.channel.mayAuthenticate ? REFUSALS.authenticateFirst : REFUSALS.encryptFirst);
    }
    if (this.transaction) return this.senseless(REFUSALS.nested);
    const command = parseEnvelopeCommand(rest, 'FROM:');
    if (command === 'syntax') return refusal(REFUSALS.senderSyntax);
    if (command === 'twice') return refusal(REFUSALS.parameterTwice);
    const parameters = checkMailParameters(command.parameters, options.maxMessageBytes);
    if ('code' in parameters) return refusal(parameters);
    const refused = this.handlers.refuseSender(grant, command.address, parameters.smtpUtf8);
    if (refused) return refusal(refused);
    this.transaction = { mailFrom: command.address, ...parameters, recipients: new Set() };
    return SENDER_TAKEN;
  }

  private rcpt(rest: string): Outcome {
    const { grant, transaction } = this;
    if (grant === undefined || !transaction) return this.senseless(this.outOfOrder());
    const command = parseEnvelopeCommand(rest, 'TO:');
    if (command === 'syntax') return refusal(REFUSALS.recipientSyntax);
    if (command === 'twice') return refusal(REFUSALS.parameterTwice);
    if (command.parameters.size > 0) return refusal(UNSUPPORTED_PARAMETER);
    const { recipients } = transaction;
    if (recipients.has(command.address)) return RECIPIENT_TAKEN;
    if (recipients.size >= this.options.maxRecipients) return refusal(REFUSALS.tooManyRecipients);
    const refused = this.handlers.refuseRecipient(grant, command.address, transaction.smtpUtf8);
    if (refused) return refusal(refused);
    recipients.add(command.address);
    return RECIPIENT_TAKEN;
  }

  private data(rest: string): Outcome {
    if (rest !== '') return this.senseless(REFUSALS.noArguments);
    if (!this.transaction) return this.senseless(this.outOfOrder());
    if (this.transaction.recipients.size === 0) return refusal(REFUSALS.noRecipients);
    return SEND_DATA;
  }

  private outOfOrder(): SmtpAnswer {
    if (this.greeted === 'no') return REFUSALS.greetFirst;
    return this.grant === undefined ? REFUSALS.authenticateFirst : REFUSALS.mailFirst;
  }

  private senseless(answer: SmtpAnswer): Outcome {
    return ++this.errors > MAX_ERRORS ? farewell(FAREWELLS.tooManyErrors) : refusal(answer);
  }
}

const OK: Outcome = { reply: ANSWERS.ok };
const SENDER_TAKEN: Outcome = { reply: ANSWERS.senderTaken };
const RECIPIENT_TAKEN: Outcome = { reply: ANSWERS.recipientTaken };
const SEND_DATA: Outcome = { reply: ANSWERS.sendData, next: 'data' };

function refusal(answer: SmtpAnswer): Outcome {
  return { reply: line(answer) };
}

export function farewell(answer: SmtpAnswer): Outcome {
  return { reply: line(answer), next: 'end' };
}
