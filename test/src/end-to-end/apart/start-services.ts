/**
 * The four services over the local stack, each a process of its own: `npm run start:services`. Settings as for `npm
 * start`; PENSTOCK_HTTP_PORT is ingest's, the others have the three after it.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openStack } from '@penstock/local-stack';
import { Services } from './services.ts';

const STACK = 'data/stack';
const FOLDER = 'data/services';
const HTTP_PORT = 8080;
const SMTP_PORT = 2525;
const NAME_WIDTH = 'dispatcher'.length;

async function main(): Promise<void> {
  const stack = await openStack({ folder: resolve(STACK) });
  const states = await stack.status();
  const ready = (name: string) => states.some((state) => state.name.startsWith(name) && state.ready);
  if (!ready('kafka')) {
    console.error('Kafka does not run here. Start it first: npm run stack:up');
    process.exitCode = 1;
    return;
  }
  const folder = resolve(FOLDER);
  mkdirSync(folder, { recursive: true });
  const { clusterId } = stack.settings;
  if (kept(join(folder, 'kafka.cluster'), () => clusterId) !== clusterId) {
    console.error(`${FOLDER} belongs to a Kafka whose data was deleted since. Delete it too: rm -r ${FOLDER}`);
    process.exitCode = 1;
    return;
  }
  const stopAsked = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  const key =
    process.env.PENSTOCK_API_KEY ?? kept(join(folder, 'api.key'), () => `pk_${randomBytes(24).toString('base64url')}`);
  const first = Number(process.env.PENSTOCK_HTTP_PORT ?? HTTP_PORT);
  const ended: string[] = [];
  let endedOne = () => {};
  const anyEnded = new Promise<void>((done) => {
    endedOne = done;
  });
  const services = await Services.start({
    folder,
    brokers: stack.addresses.kafka,
    redisUrl: ready('redis') ? stack.addresses.redis : undefined,
    ports: {
      ingest: first,
      scheduler: first + 1,
      dispatcher: first + 2,
      projector: first + 3,
      smtp: Number(process.env.PENSTOCK_SMTP_PORT ?? SMTP_PORT),
    },
    environment: { ...process.env, PENSTOCK_API_KEY: key },
    onLine: (name, line) => console.log(`${name.padEnd(NAME_WIDTH)} | ${line}`),
    onEnd: (name, code) => {
      ended.push(`${name} ended with ${code}`);
      endedOne();
    },
  });
  console.log(banner(services, key));
  await Promise.race([stopAsked, anyEnded]);
  for (const text of ended) console.error(`${text}; the others are stopped.`);
  const codes = await services.stop();
  for (const [name, code] of codes) console.log(`${name.padEnd(NAME_WIDTH)} | ended with ${code}`);
  process.exitCode = ended.length > 0 || [...codes.values()].some((code) => code !== 0) ? 1 : 0;
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
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
