/**
 * How many recipients a second are accepted over HTTP with many personalizations a request, how long after the last 202
 * all of them are deliveries, and what a single mail waits meanwhile. The deliveries are counted through the query API,
 * so the time to expand them holds the projection's lag as well.
 *
 * node test/dist/performance/http-recipients.js [--requests 100] [--personalizations 1000] [--connections 4]
 *   [--every-ms 20] [--later] [--profile]
 *
 * `--later` schedules the mail an hour ahead, so that nothing is delivered meanwhile; otherwise it goes to a sink.
 */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import { Platform } from '../end-to-end/platform.ts';
import { Sink } from './children.ts';
import { cpuMs } from './process-usage.ts';

const API_KEY = 'recipients-benchmark-key';
const EXPANSION_LIMIT_MS = 120_000;
const POLL_MS = 20;
const HOUR_S = 3_600;
/** Linux counts in hundredths of a second for every program. */
const MS_PER_TICK = 10;

interface Options {
  readonly requests: number;
  readonly personalizations: number;
  readonly connections: number;
  readonly everyMs: number;
  readonly later: boolean;
  readonly profile: boolean;
}

interface Answer {
  readonly status: number;
  readonly messageId: string;
  readonly text: string;
}

/** One client with its connections. */
class Client {
  private readonly agent: Agent;

  constructor(
    private readonly url: string,
    connections: number,
  ) {
    this.agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  call(method: 'GET' | 'POST', path: string, body?: Buffer): Promise<Answer> {
    const headers = {
      authorization: `Bearer ${API_KEY}`,
      ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
    };
    return new Promise((resolve, reject) => {
      const sent = request(`${this.url}${path}`, { method, headers, agent: this.agent }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            messageId: String(response.headers['x-message-id'] ?? ''),
            text,
          });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }

  async accepted(body: Buffer): Promise<string> {
    const { status, messageId, text } = await this.call('POST', '/v3/mail/send', body);
    if (status !== 202) throw new Error(`answered ${status}: ${text}`);
    return messageId;
  }

  close(): void {
    this.agent.destroy();
  }
}

/** About 5 KiB of content; names and custom arguments as a campaign has them. */
function campaign(number: number, { personalizations, later }: Options): Buffer {
  const paragraph = `<p>${'What is new this week, and what it costs. '.repeat(8)}</p>\n`;
  return Buffer.from(
    JSON.stringify({
      from: { email: 'news@sender.example', name: 'News' },
      subject: 'This week',
      content: [
        { type: 'text/plain', value: 'What is new this week.\n'.repeat(60) },
        { type: 'text/html', value: paragraph.repeat(10) },
      ],
      personalizations: Array.from({ length: personalizations }, (_, i) => ({
        to: [{ email: `user${number}.${i}@domain${i % 20}.example`, name: `User ${i}` }],
        custom_args: { customer: String(i) },
      })),
      ...(later && { send_at: Math.floor(Date.now() / 1000) + HOUR_S }),
    }),
  );
}

async function sendAll(client: Client, options: Options): Promise<readonly string[]> {
  const bodies = Array.from({ length: options.requests }, (_, number) => campaign(number, options));
  const ids: string[] = [];
  let next = 0;
  const sender = async () => {
    for (let body = bodies[next++]; body; body = bodies[next++]) ids.push(await client.accepted(body));
  };
  await Promise.all(Array.from({ length: options.connections }, sender));
  return ids;
}

/** Single mails at their own pace, beside the load, until told to end; answers what each waited, ms. */
function trickle(url: string, options: Options): { end(): Promise<readonly number[]> } {
  const client = new Client(url, 64);
  const waits: number[] = [];
  const pending: Promise<void>[] = [];
  const one = async () => {
    const body = campaign(options.requests + pending.length, { ...options, personalizations: 1 });
    const startedAt = performance.now();
    await client.accepted(body);
    waits.push(performance.now() - startedAt);
  };
  const timer = setInterval(() => pending.push(one()), options.everyMs);
  const end = async () => {
    clearInterval(timer);
    await Promise.all(pending);
    client.close();
    return waits.sort((a, b) => a - b);
  };
  return { end };
}

/** Resolves when every message lists its last recipient. */
async function expanded(client: Client, ids: readonly string[], { personalizations }: Options): Promise<void> {
  const deadline = Date.now() + EXPANSION_LIMIT_MS;
  for (const id of ids) {
    const path = `/v1/messages/${id}?limit=1&after=${personalizations - 1}`;
    for (;;) {
      const { status, text } = await client.call('GET', path);
      if (status === 200 && (JSON.parse(text) as { deliveries: unknown[] }).deliveries.length === 1) break;
      if (Date.now() > deadline) throw new Error(`not expanded after ${EXPANSION_LIMIT_MS} ms: ${status} ${text}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

/** User and system time of the platform's main thread, ms. */
function mainThreadMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

function at(sorted: readonly number[], share: number): number {
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
}

async function measure(platform: Platform, options: Options): Promise<object> {
  const client = new Client(platform.url, options.connections);
  await client.accepted(campaign(-1, { ...options, personalizations: 1 }));
  const recipients = options.requests * options.personalizations;
  const cpuBefore = cpuMs(platform.pid);
  const mainBefore = mainThreadMs(platform.pid);
  const singles = trickle(platform.url, options);
  const startedAt = performance.now();
  const ids = await sendAll(client, options);
  const acceptedAt = performance.now();
  const cpuAccepting = cpuMs(platform.pid) - cpuBefore;
  await expanded(client, ids, options);
  const expandedAt = performance.now();
  const cpuAll = cpuMs(platform.pid) - cpuBefore;
  const cpuMain = mainThreadMs(platform.pid) - mainBefore;
  const waits = await singles.end();
  client.close();
  return {
    engine: 'embedded',
    protocol: 'http',
    recipients,
    accepted_recipients_per_s: Math.round((recipients * 1000) / (acceptedAt - startedAt)),
    expanded_after_last_202_ms: Math.round(expandedAt - acceptedAt),
    single_post_p50_ms: at(waits, 0.5),
    single_post_p99_ms: at(waits, 0.99),
    single_posts: waits.length,
    cpu_us_per_recipient_accepting: Math.round((cpuAccepting * 1000) / recipients),
    main_thread_us_per_recipient: Math.round((cpuMain * 1000) / recipients),
    cpu_us_per_recipient_expanded: Math.round((cpuAll * 1000) / recipients),
  };
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '100' },
      personalizations: { type: 'string', default: '1000' },
      connections: { type: 'string', default: '4' },
      'every-ms': { type: 'string', default: '20' },
      later: { type: 'boolean', default: false },
      profile: { type: 'boolean', default: false },
    },
  });
  return {
    requests: Number(values.requests),
    personalizations: Number(values.personalizations),
    connections: Number(values.connections),
    everyMs: Number(values['every-ms']),
    later: values.later,
    profile: values.profile,
  };
}

async function main(): Promise<void> {
  const options = readOptions();
  const sink = await Sink.start({ domains: 1, messages: 1, slowMs: 0, chunking: false });
  const platform = await Platform.start({
    environment: { PENSTOCK_SMARTHOST: `127.0.0.1:${sink.ports[0]}`, PENSTOCK_API_KEY: API_KEY },
    nodeOptions: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${process.cwd()}`] : [],
  });
  try {
    const result = await measure(platform, options);
    console.table(result);
    console.log(JSON.stringify(result));
  } finally {
    await platform.stop();
    sink.stop();
  }
}

await main();
