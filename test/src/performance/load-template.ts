/**
 * What the load generator sends: one message, built once, with the number of each message written over eight digits
 * in place. The recipient carries the number and the last line repeats it, so that the sink can tell each message
 * from its envelope and its end, without a search through the body.
 */

export const DIGITS = 8;
/** Stands before the number in the last line. */
export const MARK = '#';

const LINE = `${'The quick brown fox jumps over the lazy dog, and then it does it again.'.padEnd(76, '.')}\r\n`;
const NUMBER = '0'.repeat(DIGITS);
const DOMAIN_DIGITS = 3;

export const MAX_MESSAGES = 10 ** DIGITS;
export const MAX_DOMAINS = 10 ** DOMAIN_DIGITS;

export function domainName(index: number): string {
  return `d${String(index).padStart(DOMAIN_DIGITS, '0')}.example`;
}

/** A buffer that holds the text, in which numbers can be put at known places. */
export class Template {
  readonly bytes: Buffer;
  private readonly numbers: readonly number[];
  private readonly domains: readonly number[];

  constructor(
    text: string,
    private readonly domainCount: number,
  ) {
    this.bytes = Buffer.from(text, 'latin1');
    this.numbers = [...text.matchAll(new RegExp(`(?<=[${MARK}<"]r?)${NUMBER}`, 'g'))].map(({ index }) => index);
    this.domains = [...text.matchAll(/(?<=@d)000(?=\.example)/g)].map(({ index }) => index);
  }

  /** The buffer itself: write it before it is filled again. */
  fill(n: number): Buffer {
    for (const at of this.numbers) digits(this.bytes, at, DIGITS, n);
    for (const at of this.domains) digits(this.bytes, at, DOMAIN_DIGITS, n % this.domainCount);
    return this.bytes;
  }
}

function digits(bytes: Buffer, at: number, count: number, value: number): void {
  let rest = value;
  for (let i = at + count - 1; i >= at; i--) {
    bytes[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function bodyOf(bytes: number): string {
  const last = `${MARK}${NUMBER}\r\n`;
  return LINE.repeat(Math.max(1, Math.ceil((bytes - last.length) / LINE.length))) + last;
}

export const ENVELOPE = `MAIL FROM:<load@example.com>\r\nRCPT TO:<r${NUMBER}@d000.example>\r\nDATA\r\n`;

/** Header, body and final dot. */
export function smtpContent(bytes: number): string {
  const head =
    'From: Load <load@example.com>\r\nTo: sink@example.net\r\nSubject: load\r\n' +
    `Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <${NUMBER}@load.example.com>\r\n` +
    'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n';
  return `${head}${bodyOf(bytes - head.length)}.\r\n`;
}

/** A whole request. */
export function httpRequest(bytes: number, apiKey: string): string {
  const body = JSON.stringify({
    personalizations: [{ to: [{ email: `r${NUMBER}@d000.example` }] }],
    from: { email: 'load@example.com', name: 'Load' },
    subject: 'load',
    content: [{ type: 'text/plain', value: bodyOf(bytes - 400) }],
  });
  return (
    'POST /v3/mail/send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n' +
    `Authorization: Bearer ${apiKey}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
  );
}
