/** One submission over one door, and how it ended. */
import { createTransport } from 'nodemailer';
import { ID_HEADER, textFor } from './marks.ts';

export interface SubmittedMail {
  readonly id: string;
  readonly to: string;
  readonly key: string;
  /** Seconds since the epoch. */
  readonly sendAt?: number;
}

export interface Ending {
  readonly ended: 'ok' | 'failed' | 'unknown';
  readonly messageId?: string;
}

const SENDER = 'news@sender.example';
/** Then it is unknown what became of it. */
const PATIENCE_MS = 15_000;
const SMTP_ID = /queued as (\S+)/i;
const FAILED: Ending = { ended: 'failed' };
const UNKNOWN: Ending = { ended: 'unknown' };

export async function submitOverHttp(url: string, { id, to, key, sendAt }: SubmittedMail): Promise<Ending> {
  try {
    const response = await fetch(`${url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: to }], headers: { [ID_HEADER]: id } }],
        from: { email: SENDER },
        subject: 'A run of faults',
        content: [{ type: 'text/plain', value: textFor(id) }],
        ...(sendAt !== undefined && { send_at: sendAt }),
      }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    await response.arrayBuffer();
    const messageId = response.headers.get('x-message-id');
    // Said too when the log did not answer in time, and may have taken it all the same.
    if (response.status >= 500) return UNKNOWN;
    if (response.status !== 202) return FAILED;
    return messageId === null ? UNKNOWN : { ended: 'ok', messageId };
  } catch (error) {
    return neverReached(error) ? FAILED : UNKNOWN;
  }
}

export async function submitOverSmtp(port: number, { id, to, key }: SubmittedMail): Promise<Ending> {
  const transport = createTransport({
    host: '127.0.0.1',
    port,
    auth: { user: 'apikey', pass: key },
    tls: { rejectUnauthorized: false },
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
  });
  try {
    const mail = { to, from: SENDER, subject: 'A run of faults', text: textFor(id), headers: { [ID_HEADER]: id } };
    const { response } = await transport.sendMail(mail);
    const [, messageId] = SMTP_ID.exec(String(response)) ?? [];
    return messageId === undefined ? UNKNOWN : { ended: 'ok', messageId };
  } catch (error) {
    const { responseCode, command } = error as { readonly responseCode?: number; readonly command?: string };
    const isRefused = responseCode !== undefined && command !== 'DATA';
    return isRefused || neverReached(error) ? FAILED : UNKNOWN;
  } finally {
    transport.close();
  }
}

/** Nobody listened. */
function neverReached(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    if ('code' in each && each.code === 'ECONNREFUSED') return true;
    if (/ECONNREFUSED/.test(each.message)) return true;
  }
  return false;
}
