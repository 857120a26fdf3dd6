/**
 * A campaign through every sandbox provider, watched to its end.
 *
 * npm run demo [-- --recipients 5000] [-- --url http://127.0.0.1:8080 --key KEY]
 *
 * Starts a platform of its own on free ports, unless the address of a running one is given.
 */
import { parseArgs } from 'node:util';
import { type DeliverySummary, HttpClient, isSettled, PlatformApi, timelineText } from '@penstock/cli';
import { SingleBar } from 'cli-progress';
import { campaign, campaignMail, type Recipient } from './campaign.ts';
import { Platform } from './platform.ts';
import { summaryText } from './summary.ts';

const KEY = 'key-of-the-demo';
const PER_SUBMISSION = 1_000;
const LOOK_EVERY_MS = 500;
/** Twice what the sandbox's longest story takes. */
const PATIENCE_MS = 240_000;

interface Sent {
  readonly messageIds: readonly string[];
  readonly total: number;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      recipients: { type: 'string', default: '5000' },
      url: { type: 'string' },
      key: { type: 'string', default: process.env.PENSTOCK_API_KEY ?? KEY },
    },
  });
  const running =
    values.url === undefined ? await Platform.start({ environment: { PENSTOCK_API_KEY: KEY } }) : undefined;
  try {
    const url = values.url ?? running?.url ?? '';
    const key = running ? KEY : values.key;
    console.log(running ? `Started a platform at ${url}.` : `Using the platform at ${url}.`);
    await run(new PlatformApi(new HttpClient({ url, key })), campaign(Number(values.recipients)));
  } finally {
    await running?.stop();
  }
}

async function run(api: PlatformApi, recipients: readonly Recipient[]): Promise<void> {
  const startedAt = Date.now();
  const before = await settledSoFar(api);
  const sent = await send(api, recipients);
  console.log(`Accepted ${sent.total.toLocaleString('en')} mails in ${Date.now() - startedAt} ms; now they go out.\n`);
  await watch(api, sent, before);
  const deliveries = (await Promise.all(sent.messageIds.map((id) => api.deliveries(id)))).flat();
  console.log(`\n${summaryText(recipients, deliveries)}`);
  console.log(`\nAll settled after ${Math.round((Date.now() - startedAt) / 1_000)} s. One of them:\n`);
  const shown = mostTelling(deliveries);
  if (shown) console.log(timelineText(await api.timeline(shown.deliveryId), Date.now()));
}

async function send(api: PlatformApi, recipients: readonly Recipient[]): Promise<Sent> {
  const messageIds: string[] = [];
  for (let from = 0; from < recipients.length; from += PER_SUBMISSION) {
    messageIds.push(await api.send(campaignMail(recipients.slice(from, from + PER_SUBMISSION))));
  }
  return { messageIds, total: recipients.length };
}

/** The counters move the bar; the deliveries themselves say when it is over. */
async function watch(api: PlatformApi, { messageIds, total }: Sent, before: number): Promise<void> {
  const bar = new SingleBar({
    format: ' {bar} {value}/{total} settled | {duration} s | waiting {waiting}, going {going}',
    noTTYOutput: true,
    notTTYSchedule: 5_000,
    hideCursor: true,
  });
  const deadline = Date.now() + PATIENCE_MS;
  bar.start(total, 0, { waiting: total, going: 0 });
  try {
    for (;;) {
      const settled = Math.min(total, (await settledSoFar(api)) - before);
      const { totals } = await api.lanes(1);
      bar.update(settled, { waiting: totals.waiting, going: totals.open });
      if (settled >= total && (await allSettled(api, messageIds))) return;
      if (Date.now() > deadline)
        throw new Error(`${total - settled} mails are not settled after ${PATIENCE_MS / 1_000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  } finally {
    bar.stop();
  }
}

async function settledSoFar(api: PlatformApi): Promise<number> {
  const { counts } = (await api.providers(60)).totals;
  return (counts.delivered ?? 0) + (counts.bounced ?? 0) + (counts.dropped ?? 0);
}

async function allSettled(api: PlatformApi, messageIds: readonly string[]): Promise<boolean> {
  for (const id of messageIds) if (!(await api.deliveries(id)).every(isSettled)) return false;
  return true;
}

/** The delivered mail that took the most attempts. */
function mostTelling(deliveries: readonly DeliverySummary[]): DeliverySummary | undefined {
  const delivered = deliveries.filter(({ status }) => status === 'delivered');
  return delivered.sort((a, b) => b.attempts - a.attempts)[0] ?? deliveries[0];
}

await main();
