/**
 * Sends signed mail of every shape through Penstock and a real Postfix to a sink, and verifies both signatures of
 * each with mailauth.
 */
import { whyNoPostfix } from '../fixtures/postfix/postfix.ts';
import { programOptions } from '../fixtures/program-options.ts';
import { VerifiedRelay } from './verified-relay.ts';

const { mails } = programOptions({
  usage: 'node test/dist/signatures/verify.js [--mails 1000]',
  numbers: { mails: 1_000 },
});
const reason = whyNoPostfix();
if (reason !== undefined) throw new Error(reason);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

const relay = await VerifiedRelay.start();
try {
  const verdicts = await relay.verify(mails);
  const failures = verdicts.filter(({ complaint }) => complaint !== undefined);
  const shapes = new Map<string, number>();
  for (const { shape, complaint } of verdicts) if (!complaint) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  console.table([...shapes].sort().map(([shape, verified]) => ({ shape, verified })));
  for (const { shape, complaint } of failures) console.error(`${shape}: ${complaint}`);
  console.log(`${verdicts.length - failures.length} passed, ${failures.length} failed, 0 skipped`);
  if (failures.length > 0 || verdicts.length === 0) process.exitCode = 1;
} finally {
  await relay.stop();
}
