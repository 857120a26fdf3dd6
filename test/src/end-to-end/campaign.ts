/** Who gets the demo's mail: every provider of the sandbox, most of it where most mail goes. */

export interface Share {
  /** Name in the summary. */
  readonly provider: string;
  readonly recipients: number;
  /** The nth recipient's address. */
  readonly address: (n: number) => string;
}

const HEALTHY_DOMAINS = 25;

/** Of 5,000; other sizes keep the proportions, at least one each. */
const SHARES: readonly Share[] = [
  { provider: 'gmail', recipients: 1_500, address: (n) => `reader-${n}@gmail.com` },
  { provider: 'outlook', recipients: 1_000, address: (n) => `reader-${n}@${n % 3 === 0 ? 'hotmail' : 'outlook'}.com` },
  {
    provider: 'yahoo (greylists)',
    recipients: 600,
    address: (n) => `reader-${n}@${n % 4 === 0 ? 'aol' : 'yahoo'}.com`,
  },
  { provider: 'icloud (slow)', recipients: 80, address: (n) => `reader-${n}@icloud.com` },
  { provider: 'greylist.sandbox', recipients: 40, address: (n) => `reader-${n}@greylist.sandbox` },
  { provider: 'slow.sandbox', recipients: 20, address: (n) => `reader-${n}@slow.sandbox` },
  {
    provider: 'full.sandbox',
    recipients: 20,
    address: (n) => `${['full', 'unknown', 'reader'][n % 3]}-${n}@full.sandbox`,
  },
  { provider: 'blocked.sandbox', recipients: 10, address: (n) => `reader-${n}@blocked.sandbox` },
  { provider: 'dropping.sandbox', recipients: 5, address: (n) => `reader-${n}@dropping.sandbox` },
  { provider: 'no such domain', recipients: 5, address: (n) => `reader-${n}@nowhere-${n}.invalid` },
  {
    provider: 'everybody else',
    recipients: 1_720,
    address: (n) => `reader-${n}@company-${n % HEALTHY_DOMAINS}.example`,
  },
];

export interface Recipient {
  readonly provider: string;
  readonly email: string;
}

/** The providers take turns, so that every submission has some of each. */
export function campaign(size: number): readonly Recipient[] {
  const total = SHARES.reduce((sum, { recipients }) => sum + recipients, 0);
  const ranked = SHARES.flatMap(({ provider, recipients, address }) => {
    const count = Math.max(1, Math.round((recipients * size) / total));
    return Array.from({ length: count }, (_, n) => ({ provider, email: address(n), rank: (n + 0.5) / count }));
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ provider, email }) => ({ provider, email }));
}

/** SendGrid's v3 body for up to a thousand recipients, each with a mail of their own. */
export function campaignMail(recipients: readonly Recipient[]): object {
  return {
    personalizations: recipients.map(({ email }) => ({ to: [{ email }] })),
    from: { email: 'news@sender.sandbox', name: 'The Penstock demo' },
    subject: 'The gates are open',
    content: [
      { type: 'text/plain', value: 'This is one of many mails, and each has a timeline of its own.\n' },
      { type: 'text/html', value: '<p>This is one of many mails, and each has a <b>timeline</b> of its own.</p>\n' },
    ],
    categories: ['demo'],
  };
}
