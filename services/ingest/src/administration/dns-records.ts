/** What a sending domain has to publish. */
import type { SendingDomain } from '@penstock/directory';
import type { DkimKey } from '@penstock/events';
import type { Policy } from '@penstock/policy';

export type RecordPurpose = 'dkim' | 'spf' | 'dmarc' | 'return_path' | 'return_path_spf';

export interface DnsRecord {
  readonly purpose: RecordPurpose;
  readonly type: 'TXT' | 'MX';
  /** Without a dot at its end. */
  readonly name: string;
  /** A text record's whole text, or preference and host of an MX. */
  readonly value: string;
  /** The line of a zone file. */
  readonly zone: string;
}

/** How this platform is known to receivers. */
export interface SenderIdentity {
  /** SPF mechanisms that cover every source, such as `ip4:192.0.2.1`; empty where nobody said. */
  readonly mechanisms: readonly string[];
  /** The host that takes bounces. */
  readonly bounceHost: string | undefined;
}

export interface IdentitySettings {
  /** Name whose SPF record lists the sources. */
  readonly spfInclude?: string | undefined;
  readonly bounceHost?: string | undefined;
}

/** What is set counts; else the addresses of the policy's sources that others can see, else the host's own. */
export function senderIdentity(policy: Policy | undefined, settings: IdentitySettings): SenderIdentity {
  const { spfInclude, bounceHost } = settings;
  if (spfInclude !== undefined) return { mechanisms: [`include:${spfInclude}`], bounceHost };
  const bound = [...(policy?.sources.values() ?? [])].flatMap(({ bind }) => bind ?? []);
  const seen = [...new Set(bound)].filter((address) => !PRIVATE.test(address));
  if (seen.length > 0) return { mechanisms: seen.map(addressMechanism), bounceHost };
  return { mechanisms: bounceHost === undefined ? [] : [`a:${bounceHost}`], bounceHost };
}

/** Behind address translation receivers see another address; loopback and link-local ones nobody sees. */
const PRIVATE =
  /^(?:0\.|10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1?$|f[cd][0-9a-f]{2}:|fe[89ab][0-9a-f]:)/i;

function addressMechanism(address: string): string {
  return address.includes(':') ? `ip6:${address}` : `ip4:${address}`;
}

/** The records to publish, and what people have to know about them. */
export function recordsOf(
  { domain, keys, returnPath }: SendingDomain,
  { mechanisms, bounceHost }: SenderIdentity,
): { readonly records: readonly DnsRecord[]; readonly notes: readonly string[] } {
  const records = keys.map((key) => dkimRecord(domain, key));
  const notes: string[] = [];
  if (mechanisms.length > 0) {
    const terms = mechanisms.join(' ');
    records.push(
      text('spf', domain, `v=spf1 ${terms} ~all`),
      text('return_path_spf', returnPath, `v=spf1 ${terms} -all`),
    );
    notes.push(`If ${domain} has an SPF record already, add ${terms} to it: two would be an error (RFC 7208).`);
  } else notes.push(NO_SOURCES);
  if (bounceHost !== undefined) records.push(mx('return_path', returnPath, bounceHost));
  else notes.push(NO_BOUNCE_HOST);
  records.push(text('dmarc', `_dmarc.${domain}`, 'v=DMARC1; p=none'));
  return { records, notes };
}

const NO_SOURCES =
  'No SPF records are shown: set PENSTOCK_SPF_INCLUDE to a name whose SPF record lists the addresses mail leaves from, or give the sources of the policy their public addresses (bind).';
const NO_BOUNCE_HOST =
  'No MX of the return path is shown: set PENSTOCK_BOUNCE_HOST to the name of the host that takes bounces.';

function dkimRecord(domain: string, { selector, algorithm, publicKey }: DkimKey): DnsRecord {
  const kind = algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519';
  return text('dkim', `${selector}._domainkey.${domain}`, `v=DKIM1; k=${kind}; p=${publicKey}`);
}

function text(purpose: RecordPurpose, name: string, value: string): DnsRecord {
  return { purpose, type: 'TXT', name, value, zone: `${name}. IN TXT ${quotedStrings(value)}` };
}

function mx(purpose: RecordPurpose, name: string, host: string): DnsRecord {
  return { purpose, type: 'MX', name, value: `10 ${host}`, zone: `${name}. IN MX 10 ${host}.` };
}

/** RFC 1035 section 3.3: a character string has 255 octets at most; a longer text is several of them. */
const MAX_STRING = 255;

function quotedStrings(value: string): string {
  const strings: string[] = [];
  for (let at = 0; at < value.length; at += MAX_STRING) strings.push(value.slice(at, at + MAX_STRING));
  return strings.map((string) => `"${string.replace(/["\\]/g, '\\$&')}"`).join(' ');
}
