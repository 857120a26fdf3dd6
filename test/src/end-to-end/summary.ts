import { type DeliverySummary, table } from '@penstock/cli';
import type { Recipient } from './campaign.ts';

const COLUMNS = ['mails', 'delivered', 'bounced', 'dropped', 'attempts'] as const;
type Row = Record<(typeof COLUMNS)[number], number>;

/** What became of a campaign, by provider. */
export function summaryText(recipients: readonly Recipient[], deliveries: readonly DeliverySummary[]): string {
  const providerOf = new Map(recipients.map(({ provider, email }) => [domainOf(email), provider]));
  const rows = new Map<string, Row>();
  for (const { provider } of recipients) rows.set(provider, emptyRow());
  const all = emptyRow();
  for (const delivery of deliveries) {
    for (const row of [all, rows.get(providerOf.get(delivery.domain) ?? '')]) if (row) count(row, delivery);
  }
  return table(
    [{ title: 'provider' }, ...COLUMNS.map((title) => ({ title, align: 'right' as const }))],
    [...rows, ['all', all] as const].map(([name, row]) => [
      name,
      ...COLUMNS.map((column) => row[column].toLocaleString('en')),
    ]),
  );
}

function count(row: Row, { status, attempts }: DeliverySummary): void {
  row.mails++;
  row.attempts += attempts;
  if (status === 'delivered' || status === 'bounced' || status === 'dropped') row[status]++;
}

function emptyRow(): Row {
  return { mails: 0, delivered: 0, bounced: 0, dropped: 0, attempts: 0 };
}

function domainOf(email: string): string {
  return email.slice(email.indexOf('@') + 1);
}
