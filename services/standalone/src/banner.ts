/** What is printed when the platform is ready: where it is, how to get in, and a line to paste. */
import type { DirectoryEntry } from '@penstock/testing';

export interface Banner {
  readonly startedInMs: number;
  readonly host: string;
  readonly httpPort: number;
  readonly smtpPort: number;
  /** Where TLS comes first; absent if nowhere. */
  readonly smtpsPort?: number | undefined;
  /** Which certificate encrypts submission. */
  readonly tls: string;
  readonly dataDir: string;
  readonly policyOrigin: string;
  readonly policyVersion: string;
  /** Who is in the sandbox; absent when mail leaves it. */
  readonly sandbox?: readonly DirectoryEntry[] | undefined;
  /** Where mail goes otherwise. */
  readonly egress: string;
  /** The key to show: made just now, or given and only good for the sandbox. */
  readonly key?: string | undefined;
  readonly keyNote: string;
}

export function bannerText(banner: Banner): string {
  const url = `http://${inUrl(banner.host)}:${banner.httpPort}`;
  const key = banner.key ?? '$PENSTOCK_API_KEY';
  return [
    `Penstock is ready (${(banner.startedInMs / 1_000).toFixed(1)} s).`,
    '',
    `  HTTP API         ${url}`,
    `  SMTP submission  ${inUrl(banner.host)}:${banner.smtpPort}  (user apikey, the API key as password)`,
    ...(banner.smtpsPort === undefined ? [] : [`  SMTP over TLS    ${inUrl(banner.host)}:${banner.smtpsPort}`]),
    `  TLS              ${banner.tls}`,
    `  API key          ${banner.key === undefined ? banner.keyNote : `${banner.key}  (${banner.keyNote})`}`,
    `  Data folder      ${banner.dataDir}`,
    `  Policy           ${banner.policyOrigin}, version ${banner.policyVersion}`,
    `  Mail goes        ${banner.egress}`,
    '',
    ...(banner.sandbox ? [sandboxText(banner.sandbox), ''] : []),
    'Send a first mail:',
    '',
    `  ${curlLine(url, key)}`,
    '',
    'Watch it:',
    '',
    `  PENSTOCK_URL=${url} PENSTOCK_API_KEY=${shellWord(key)} npx penstock status`,
    '',
  ].join('\n');
}

/** Double quotes let the shell put the variable in; a literal key is quoted whole. */
function shellWord(text: string): string {
  return text.startsWith('$') ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}

function curlLine(url: string, key: string): string {
  const mail = {
    personalizations: [{ to: [{ email: 'ann@gmail.com' }] }],
    from: { email: 'hello@sender.sandbox' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'The first mail.' }],
  };
  const authorization = key.startsWith('$')
    ? `"Authorization: Bearer ${key}"`
    : shellWord(`Authorization: Bearer ${key}`);
  return `curl -i ${url}/v3/mail/send -H ${authorization} -H 'Content-Type: application/json' -d '${JSON.stringify(mail)}'`;
}

function sandboxText(directory: readonly DirectoryEntry[]): string {
  const rows = directory.map(({ domains, expect }) => [domains.join(', '), expect] as const);
  rows.push(['anything else', 'takes everything; .invalid does not exist']);
  const width = Math.max(...rows.map(([domains]) => domains.length));
  return [
    'Mailbox providers of the sandbox:',
    ...rows.map(([domains, expect]) => `  ${domains.padEnd(width)}  ${expect}`),
  ].join('\n');
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
