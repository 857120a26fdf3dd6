/** Mail at a steady rate over both doors; every attempt to submit is noted with how it ended. */
import { setTimeout as pause } from 'node:timers/promises';
import { SeededRandom } from '@penstock/simulation';
import type { Submission } from '../history.ts';
import { PROVIDERS } from './cast.ts';
import { domainOf, SHARE_NARROW } from './limits.ts';
import type { RunBook } from './run-book.ts';
import { type Ending, type SubmittedMail, submitOverHttp, submitOverSmtp } from './submitting.ts';

export interface SteadyLoadOptions {
  /** Where mail is taken; asked each time, for nothing listens before the rig has started. */
  readonly doors: () => { readonly url: string; readonly smtpPort: number };
  /** Of the traffic classes, drawn from. */
  readonly keys: readonly string[];
  readonly perSecond: number;
  readonly seed: number;
}

const TICK_MS = 100;
/** Who is not answered keeps a place; when all are taken nothing new is begun. */
const MOST_OPEN = 150;
const SHARE_TIMED = 0.05;
const SHARE_HTTP = 0.5;

export class SteadyLoad {
  /** Message ids that were answered for. */
  readonly accepted = new Set<string>();
  failed = 0;
  unknown = 0;
  private begun = 0;
  private readonly open = new Set<Promise<void>>();
  private readonly random: SeededRandom;

  constructor(
    private readonly options: SteadyLoadOptions,
    private readonly book: RunBook,
  ) {
    this.random = new SeededRandom(options.seed, 'load');
  }

  /** Goes on while it is asked for; resolves when everybody was answered or gave up. */
  async run(isAsked: () => boolean): Promise<void> {
    const { perSecond } = this.options;
    let due = 0;
    while (isAsked()) {
      // What could not be begun in time is not made up for.
      due = Math.min(due + (perSecond * TICK_MS) / 1_000, perSecond);
      for (; due >= 1 && this.open.size < MOST_OPEN; due--) this.submitOne();
      await pause(TICK_MS);
    }
    await Promise.all(this.open);
  }

  private submitOne(): void {
    const submitting = this.submit(this.draw()).finally(() => this.open.delete(submitting));
    this.open.add(submitting);
  }

  private draw() {
    const { random } = this;
    const provider = random.chance(SHARE_NARROW) ? (PROVIDERS[0] ?? '') : random.pick(PROVIDERS.slice(1));
    const id = `m${String(++this.begun).padStart(6, '0')}`;
    const over = random.chance(SHARE_HTTP) ? ('http' as const) : ('smtp' as const);
    const isTimed = over === 'http' && random.chance(SHARE_TIMED);
    const key = random.pick(this.options.keys);
    return { id, over, key, to: `${id}@${domainOf(provider)}`, waitSeconds: isTimed ? random.between(3, 20) : 0 };
  }

  private async submit({ over, waitSeconds, ...mail }: ReturnType<SteadyLoad['draw']>): Promise<void> {
    const { book } = this;
    const at = book.now();
    const timed = waitSeconds > 0 ? atFullSecond(waitSeconds) : undefined;
    const asked: SubmittedMail = { ...mail, ...(timed && { sendAt: timed.seconds }) };
    const { url, smtpPort } = this.options.doors();
    const ending = await (over === 'http' ? submitOverHttp(url, asked) : submitOverSmtp(smtpPort, asked));
    this.count(ending);
    const { ended, messageId } = ending;
    const submission: Submission = {
      kind: 'submission',
      at,
      answeredAt: book.now(),
      id: mail.id,
      over,
      ended,
      ...(messageId !== undefined && { messageId }),
      ...(timed && { notBefore: at + timed.inMs }),
    };
    book.note(submission);
  }

  private count({ ended, messageId }: Ending): void {
    if (ended === 'failed') this.failed++;
    else if (ended === 'unknown' || messageId === undefined) this.unknown++;
    else this.accepted.add(messageId);
  }
}

/** `send_at` is in whole seconds of the wall clock, which here nobody moves. */
function atFullSecond(waitSeconds: number): { readonly seconds: number; readonly inMs: number } {
  const now = Date.now();
  const seconds = Math.ceil(now / 1_000) + waitSeconds;
  return { seconds, inMs: seconds * 1_000 - now };
}
