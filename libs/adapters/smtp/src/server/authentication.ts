/** SASL PLAIN (RFC 4616) and LOGIN over AUTH (RFC 4954). */
import type { SmtpAnswer } from '@penstock/ports';
import { answer } from './answers.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What to do after a line of the client. */
export type SaslStep =
  | { readonly kind: 'challenge'; readonly line: string }
  | { readonly kind: 'credentials'; readonly credentials: Credentials }
  | { readonly kind: 'refused'; readonly answer: SmtpAnswer };

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const CANCELLED = refused(501, '5.7.0', 'Authentication cancelled');
const NOT_BASE64 = refused(501, '5.5.2', 'Not base64');
const MALFORMED = refused(501, '5.5.2', 'Malformed credentials');
const UNKNOWN_MECHANISM = refused(504, '5.5.4', 'Only PLAIN and LOGIN are supported');
const EMPTY_CHALLENGE = challenge('');
const ASK_USER = challenge('Username:');
const ASK_PASSWORD = challenge('Password:');

/** One exchange. */
export class SaslExchange {
  private user: string | undefined;

  private constructor(private readonly mechanism: 'PLAIN' | 'LOGIN') {}

  /** `text` follows AUTH: a mechanism and perhaps an initial response, `=` for an empty one. */
  static begin(text: string): { readonly exchange?: SaslExchange; readonly step: SaslStep } {
    const [name = '', initial, ...rest] = text.split(' ').filter((word) => word !== '');
    const mechanism = name.toUpperCase();
    if ((mechanism !== 'PLAIN' && mechanism !== 'LOGIN') || rest.length > 0) return { step: UNKNOWN_MECHANISM };
    const exchange = new SaslExchange(mechanism);
    if (initial === undefined) return { exchange, step: mechanism === 'PLAIN' ? EMPTY_CHALLENGE : ASK_USER };
    const step = exchange.respond(initial === '=' ? '' : initial);
    return step.kind === 'challenge' ? { exchange, step } : { step };
  }

  respond(text: string): SaslStep {
    if (text === '*') return CANCELLED;
    if (!BASE64.test(text)) return NOT_BASE64;
    const response = Buffer.from(text, 'base64').toString('utf8');
    return this.mechanism === 'PLAIN' ? plain(response) : this.login(response);
  }

  private login(response: string): SaslStep {
    if (this.user === undefined) {
      this.user = response;
      return ASK_PASSWORD;
    }
    return { kind: 'credentials', credentials: { user: this.user, password: response } };
  }
}

/** `authzid NUL authcid NUL passwd`; nobody acts for another user here. */
function plain(response: string): SaslStep {
  const [authzid, user, password, ...rest] = response.split('\0');
  if (user === undefined || password === undefined || rest.length > 0) return MALFORMED;
  if (authzid !== '' && authzid !== user) return MALFORMED;
  return { kind: 'credentials', credentials: { user, password } };
}

function refused(code: number, enhanced: string, text: string): SaslStep {
  return { kind: 'refused', answer: answer(code, enhanced, text) };
}

function challenge(text: string): SaslStep {
  return { kind: 'challenge', line: `334 ${Buffer.from(text).toString('base64')}\r\n` };
}
