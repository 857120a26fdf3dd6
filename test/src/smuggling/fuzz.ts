/**
 * Sends hostile mail through the real platform, over SMTP and HTTP, to a strict sink, to a lenient one, and to one that
 * takes content by its count of bytes (BDAT), and sees that each message arrives as one. A failure prints the seed and the mail.
 *
 * node test/dist/smuggling/fuzz.js [--seed N] [--mails 400] [--through-postfix]
 */
import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { whyNoPostfix } from '../fixtures/postfix/postfix.ts';
import type { RecordingSinkOptions } from '../fixtures/recording-sink.ts';
import { cuts, hostileHeader, hostileText } from './hostile-mail.ts';
import { SmugglingRig } from './rig.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Over each door, to each sink. */
  readonly mails: number;
  readonly throughPostfix?: boolean;
}

type Attack = (rig: SmugglingRig) => fc.IAsyncProperty<unknown>;

const ATTACKS: Readonly<Record<string, Attack>> = {
  'in the body, over SMTP': (rig) => fc.asyncProperty(hostileText, cuts, (body, at) => rig.submit('', body, at)),
  'in the header, over SMTP': (rig) =>
    fc.asyncProperty(hostileHeader, cuts, (value, at) => rig.submit(`X-Text: ${value}\r\n`, 'text', at)),
  'in text, HTML and attachment, over HTTP': (rig) =>
    fc.asyncProperty(hostileText, fc.option(hostileText, { nil: undefined }), hostileText, (text, html, attachment) =>
      rig.post({ text, attachment: Buffer.from(attachment), ...(html !== undefined && { html }) }),
    ),
  'in the header, over HTTP': (rig) => fc.asyncProperty(hostileHeader, (value) => rig.postHeader(value)),
};

const SINKS: Readonly<Record<string, RecordingSinkOptions>> = {
  lenient: { lenient: true },
  strict: {},
  counting: { chunking: true },
};

/** Answers what was tried. @throws Error of the first attack that succeeded. */
export async function fuzz({ seed, mails, throughPostfix = false }: FuzzOptions): Promise<readonly string[]> {
  const tried: string[] = [];
  for (const [kind, options] of Object.entries(SINKS)) {
    const rig = await SmugglingRig.start({ ...options, throughPostfix });
    let done = false;
    try {
      for (const [title, attack] of Object.entries(ATTACKS)) {
        await fc.assert(attack(rig), { seed, numRuns: mails, endOnFailure: true });
        tried.push(`${title}, to a ${kind} sink`);
      }
      done = true;
    } finally {
      // What a failure left in the sink is not to hide the failure.
      await rig.stop().catch((error: unknown) => {
        if (done) throw error;
      });
    }
  }
  return tried;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      mails: { type: 'string', default: '400' },
      'through-postfix': { type: 'boolean', default: false },
    },
  });
  const throughPostfix = values['through-postfix'];
  const reason = throughPostfix ? whyNoPostfix() : undefined;
  if (reason !== undefined) throw new Error(reason);
  console.log(`seed ${values.seed}`);
  const tried = await fuzz({ seed: Number(values.seed), mails: Number(values.mails), throughPostfix });
  for (const title of tried) console.log(`one message each: ${values.mails} mails with ends ${title}`);
  console.log(`${tried.length} passed, 0 failed, 0 skipped`);
}

if (import.meta.main) {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  await main();
}
