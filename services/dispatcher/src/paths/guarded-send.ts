import type { MailSession, MailTransaction, Telemetry, TransactionResult } from '@penstock/ports';

/** After a fault of ours in mid-transaction nobody knows how far it got. */
export async function guardedSend(
  session: MailSession,
  transaction: MailTransaction,
  telemetry: Telemetry,
  path: string,
): Promise<TransactionResult> {
  try {
    return await session.send(transaction);
  } catch (error) {
    telemetry.log('error', 'transaction_failed', { path, error: String(error) });
    session.abort();
    return { kind: 'unknown', detail: String(error), refused: [] };
  }
}
