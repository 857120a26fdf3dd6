/** Reads the timeline of every message's delivery as a user does, over HTTP, and says which do not end in `delivered`. */
import { Agent, get } from 'node:http';
import { setTimeout } from 'node:timers/promises';

const AT_ONCE = 8;

export interface TimelineReport {
  readonly read: number;
  /** The first few that are not as they should be. */
  readonly wrong: readonly string[];
  readonly wrongCount: number;
}

interface Timeline {
  readonly status: string;
  readonly facts: readonly { readonly type: string }[];
}

const SHOWN = 5;
/** The last outcomes are recorded within this many looks. */
const LOOKS = 50;
const LOOK_AGAIN_MS = 100;
const EXPECTED = ['processed', 'released', 'delivered'];

export async function readTimelines(
  url: string,
  apiKey: string,
  messageIds: readonly string[],
): Promise<TimelineReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const ask = (path: string) => getJson(`${url}${path}`, apiKey, agent);
  const wrong: string[] = [];
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let n = next++; n < messageIds.length; n = next++) {
      const complaint = await check(messageIds[n] ?? '', ask).catch((error: unknown) => String(error));
      if (complaint !== undefined) wrong.push(`${messageIds[n]}: ${complaint}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  agent.destroy();
  return { read: messageIds.length, wrong: wrong.slice(0, SHOWN), wrongCount: wrong.length };
}

/** The sink holds a message before its sender has heard so, and has recorded it. */
async function settled(read: () => Promise<Timeline>): Promise<Timeline> {
  let timeline = await read();
  for (let look = 1; timeline.status !== 'delivered' && look < LOOKS; look++) {
    await setTimeout(LOOK_AGAIN_MS);
    timeline = await read();
  }
  return timeline;
}

async function check(messageId: string, ask: (path: string) => Promise<unknown>): Promise<string | undefined> {
  const { deliveries } = (await ask(`/v1/messages/${messageId}`)) as { deliveries: { deliveryId: string }[] };
  if (deliveries.length !== 1) return `${deliveries.length} deliveries`;
  const { status, facts } = await settled(
    () => ask(`/v1/deliveries/${deliveries[0]?.deliveryId}`) as Promise<Timeline>,
  );
  const types = facts.map(({ type }) => type);
  const missing = EXPECTED.filter((type) => !types.includes(type));
  if (status !== 'delivered') return `${status}: ${types.join(', ')}`;
  return missing.length === 0 ? undefined : `its timeline lacks ${missing.join(', ')}`;
}

function getJson(url: string, apiKey: string, agent: Agent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent, headers: { authorization: `Bearer ${apiKey}` } }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${response.statusCode} ${text.slice(0, 200)}`));
      });
    });
    request.on('error', reject);
  });
}
