import type { HttpClient } from '@penstock/cli';
import type { AcceptedMail } from '@penstock/testing';

/** What the sandbox's mailboxes truly hold for a recipient, copies included. */
export async function mailboxOf(client: HttpClient, recipient: string): Promise<readonly AcceptedMail[]> {
  const path = `/v1/sandbox/mailbox?recipient=${encodeURIComponent(recipient)}`;
  return ((await client.get(path)) as { readonly mail: readonly AcceptedMail[] }).mail;
}
