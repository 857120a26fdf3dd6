/**
 * The four services over the local stack, each a process of its own: `npm run start:services`. Settings as for `npm
 * start`; PENSTOCK_HTTP_PORT is ingest's, the others have the three after it.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openStack } from '@penstock/local-stack';
import { type ServicePorts, Services } from './services.ts';

const STACK = 'data/stack';
const FOLDER = 'data/services';
const HTTP_PORT = 8080;
const SMTP_PORT = 2525;
const NAME_WIDTH = 'dispatcher'.length;
/** As of a process that Ctrl-C ended. */
const GIVEN_UP = 130;

/** Answers the exit code. */
async function main(): Promise<number> {
  const ending = endingAsked();
  const stack = await openStack({ folder: resolve(STACK) });
  const states = await stack.status();
  const ready = (name: string) => states.some((state) => state.name.startsWith(name) && state.ready);
  if (!ready('kafka')) return refused('Kafka does not run here. Start it first: npm run stack:up');
  const folder = resolve(FOLDER);
  mkdirSync(folder, { recursive: true });
  const { clusterId } = stack.settings;
  if (kept(join(folder, 'kafka.cluster'), () => clusterId) !== clusterId) {
    return refused(`${FOLDER} belongs to a Kafka whose data was deleted since. Delete it too: rm -r ${FOLDER}`);
  }
  const key =
    process.env.PENSTOCK_API_KEY ?? kept(join(folder, 'api.key'), () => `pk_${randomBytes(24).toString('base64url')}`);
  const ended = Promise.withResolvers<string>();
  const services = await Services.start({
    folder,
    brokers: stack.addresses.kafka,
    redisUrl: ready('redis') ? stack.addresses.redis : undefined,
    ports: portsFrom(process.env),
    environment: { ...process.env, PENSTOCK_API_KEY: key },
    onLine: (name, line) => console.log(`${name.padEnd(NAME_WIDTH)} | ${line}`),
    onEnd: (name, code) => ended.resolve(`${name} ended with ${code}; the others are stopped.`),
    signal: ending,
  });
  console.log(banner(services, key));
  const failure = await Promise.race([once(ending, 'abort'), ended.promise]);
  if (typeof failure === 'string') console.error(failure);
  const codes = await services.stop();
  for (const [name, code] of codes) console.log(`${name.padEnd(NAME_WIDTH)} | ended with ${code}`);
  return typeof failure === 'string' || [...codes.values()].some((code) => code !== 0) ? 1 : 0;
}

/** Aborted by the first signal, while it starts too; the second ends this process and, with it, the services at once. */
function endingAsked(): AbortSignal {
  const ending = new AbortController();
  const asked = () => {
    if (ending.signal.aborted) process.exit(GIVEN_UP);
    ending.abort(new GivenUp('ended before the services ran'));
  };
  process.on('SIGINT', asked);
  process.on('SIGTERM', asked);
  return ending.signal;
}

class GivenUp extends Error {}

function refused(text: string): number {
  console.error(text);
  return 1;
}

function portsFrom({ PENSTOCK_HTTP_PORT, PENSTOCK_SMTP_PORT }: NodeJS.ProcessEnv): ServicePorts {
  const first = Number(PENSTOCK_HTTP_PORT ?? HTTP_PORT);
  const smtp = Number(PENSTOCK_SMTP_PORT ?? SMTP_PORT);
  return { ingest: first, scheduler: first + 1, dispatcher: first + 2, projector: first + 3, smtp };
}

/** What the folder keeps from its first start on. */
function kept(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, `${make()}\n`, { mode: 0o600 });
  return readFileSync(path, 'utf8').trim();
}

function banner(services: Services, key: string): string {
  const mail = JSON.stringify({
    personalizations: [{ to: [{ email: 'ann@gmail.com' }] }],
    from: { email: 'hello@sender.sandbox' },
    subject: 'Hello',
    content: [{ type: 'text/plain', value: 'The first mail.' }],
  });
  return [
    '',
    'The four services run.',
    '',
    `  mail, administration   ${services.url('ingest')}  (SMTP submission 127.0.0.1:${services.ports.smtp})`,
    `  questions              ${services.url('projector')}`,
    `  API key                ${key}`,
    '',
    `  curl -i ${services.url('ingest')}/v3/mail/send -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${mail}'`,
    `  PENSTOCK_URL=${services.url('ingest')} PENSTOCK_QUERY_URL=${services.url('projector')} PENSTOCK_API_KEY='${key}' npx penstock status`,
    '',
    'Ctrl-C stops them in order.',
    '',
  ].join('\n');
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  // What the making of topics has still open does not keep it.
  if (error instanceof GivenUp) process.exit(GIVEN_UP);
  process.exitCode = 1;
}
