/** One run: everything is started, loaded and disturbed, then left alone until all mail has ended, then read back. */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { readRecipient, recipientBlob } from '@penstock/mail';
import { lasting } from '../../fixtures/until.ts';
import type { FaultName } from './history.ts';
import { CONDITIONS, INJECTORS } from './injectors/index.ts';
import { HISTORY_FILE } from './report/index.ts';
import { Clocks } from './rig/clocks.ts';
import { Disks } from './rig/disks.ts';
import { FactsReading, type ReadFact } from './rig/facts-reading.ts';
import { KEYS, Rig } from './rig/rig.ts';
import { RunBook } from './rig/run-book.ts';
import { SteadyLoad } from './rig/steady-load.ts';
import type { PlannedFault, Schedule } from './schedule.ts';

export interface RunOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly brokers: number;
  readonly perSecond: number;
  readonly schedule: Schedule;
  /** Gets the history, the logs, and the data of engines and services. */
  readonly folder: string;
  /** Ends the run early, in order. */
  readonly signal: AbortSignal;
  say(text: string): void;
}

export interface RunResult {
  readonly book: RunBook;
  /** Faults that could not be done here. */
  readonly skipped: readonly FaultName[];
  /** With their releases. */
  readonly engines: string;
  /** What the checker of the history does not see, in words. */
  readonly trouble: readonly string[];
}

/** The load goes on while faults have to wait for their conditions, on a busy machine, up to so many times its length. */
const LONGER = 2;
const TELL_EVERY_MS = 10_000;
/** Sessions, takeovers and repeats of unknown outcomes follow each other. */
const SETTLED_WITHIN_MS = 420_000;
const LOOK_EVERY_MS = 2_000;

export async function runFaults(options: RunOptions): Promise<RunResult> {
  const { folder, say, signal } = options;
  const book = new RunBook();
  const needs = (fault: FaultName) => options.schedule.faults.some((each) => each.fault === fault);
  const disks = needs('disk_full') ? Disks.mount() : undefined;
  const clocks = needs('clock_jump') ? Clocks.find(folder) : undefined;
  const skipped: FaultName[] = [];
  const skip = (fault: FaultName, reason: string) => {
    skipped.push(fault);
    say(`skipped ${fault}: ${reason}`);
  };
  if (needs('disk_full') && !disks) skip('disk_full', 'this user may not mount a tmpfs');
  if (needs('clock_jump') && !clocks) skip('clock_jump', 'libfaketime is missing: apt-get install faketime');
  const onEndedAlone = (_: string, says: string) => run.endedAlone(says);
  const rig: Rig = new Rig({ folder, brokers: options.brokers, book, disks, clocks, say, onEndedAlone });
  const run: Run = new Run(options, rig, book, (fault) => !skipped.includes(fault));
  const hurry = () => void rig.killServices();
  signal.addEventListener('abort', hurry, { once: true });
  try {
    await rig.start(signal);
    const trouble = signal.aborted ? [] : await run.story();
    await book.write(createWriteStream(join(folder, HISTORY_FILE)));
    return { book, skipped, trouble, engines: rig.engines };
  } finally {
    signal.removeEventListener('abort', hurry);
    say('ending everything');
    await rig.stop();
    disks?.unmount();
  }
}

class Run {
  private readonly current = new Set<string>();
  private readonly trouble: string[] = [];
  private readonly load: SteadyLoad;
  private reading: FactsReading | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly options: RunOptions,
    private readonly rig: Rig,
    private readonly book: RunBook,
    private readonly isPossible: (fault: FaultName) => boolean,
  ) {
    const { perSecond, seed } = options;
    this.load = new SteadyLoad(
      { doors: () => ({ url: rig.url('ingest-1'), smtpPort: rig.smtpPort }), keys: KEYS, perSecond, seed },
      book,
    );
  }

  /** Answers what went wrong besides what the history shows. */
  async story(): Promise<readonly string[]> {
    const { seconds, schedule, say, signal } = this.options;
    const log = await this.rig.openLog();
    const telling = new AbortController();
    try {
      this.reading = new FactsReading(log);
      this.book.begin();
      say(`load of ${this.options.perSecond} a second for ${seconds} s, ${schedule.faults.length} faults`);
      const told = this.tell(telling.signal);
      const faults = schedule.faults.filter(({ fault }) => this.isPossible(fault)).map((fault) => this.inject(fault));
      let busy = true;
      const done = Promise.all(faults).finally(() => {
        busy = false;
      });
      const isAsked = () => !signal.aborted && (this.isBefore(seconds) || (busy && this.isBefore(LONGER * seconds)));
      await Promise.all([this.load.run(isAsked), done]);
      say('no faults any more; waiting until all accepted mail has ended');
      await this.settled();
      telling.abort();
      await told;
    } finally {
      telling.abort();
      await this.looking;
      await log.close();
    }
    if (signal.aborted) return this.trouble;
    await this.readBack();
    this.trouble.push(...this.rig.receivers.connectionsOverLimit());
    return this.trouble;
  }

  /** What a fault brings to an end was not healthy by itself: that is in the faults' table. */
  endedAlone(says: string): void {
    if (this.current.size > 0) return;
    this.trouble.push(`at ${seconds(this.book.now())}, while nothing was disturbed, ${says}`);
  }

  private isBefore(seconds: number): boolean {
    return this.book.now() < seconds * 1_000;
  }

  private async inject(fault: PlannedFault): Promise<void> {
    const { say, signal } = this.options;
    await lasting(fault.at, signal);
    const { target } = fault;
    const name = `${fault.fault} ${target}`;
    const ready = CONDITIONS[fault.fault];
    await ready?.(this.rig, signal, target).catch((error) => this.trouble.push(`before ${name}: ${firstLine(error)}`));
    if (signal.aborted) return;
    const at = this.book.now();
    if (!this.isBefore(LONGER * this.options.seconds)) return say(`  ${name}: no time was left when it could begin`);
    this.current.add(name);
    say(`  ${seconds(at)} ${name}${fault.durationMs > 0 ? ` for ${seconds(fault.durationMs)}` : ''}`);
    try {
      await INJECTORS[fault.fault](this.rig, fault, signal);
    } catch (error) {
      const text = `${name} could not be done or undone: ${firstLine(error)}`;
      this.trouble.push(text);
      say(`  ${text}`);
    } finally {
      this.book.note({ kind: 'disturbance', at, until: this.book.now(), fault: fault.fault, target });
      this.current.delete(name);
    }
  }

  /** A line from time to time, until the signal. */
  private async tell(signal: AbortSignal): Promise<void> {
    for (;;) {
      await lasting(TELL_EVERY_MS, signal);
      if (signal.aborted) return;
      void this.look();
      const { accepted, failed, unknown } = this.load;
      const faults = this.current.size > 0 ? [...this.current].join(', ') : 'no fault';
      this.options.say(
        `${seconds(this.book.now())}: accepted ${accepted.size}, refused ${failed}, unknown ${unknown}, received ${this.rig.receivers.taken}, ended ${this.reading?.ended}; ${faults}`,
      );
    }
  }

  /** Reads on; with brokers away it is read later. */
  private look(): Promise<void> {
    this.looking ??= (this.reading?.catchUp() ?? Promise.resolve())
      .catch(() => {})
      .finally(() => {
        this.looking = undefined;
      });
    return this.looking;
  }

  private async settled(): Promise<void> {
    const { signal, say } = this.options;
    const deadline = performance.now() + SETTLED_WITHIN_MS;
    for (;;) {
      await this.look();
      const waiting = [...this.load.accepted].filter((messageId) => !this.reading?.hasEnded(messageId));
      if (waiting.length === 0 && this.reading?.waiting().length === 0) return;
      if (signal.aborted) return;
      if (performance.now() > deadline) {
        const all = this.reading?.waiting() ?? [];
        const known = all.slice(0, 5).join(', ');
        const text = `after ${seconds(SETTLED_WITHIN_MS)} without faults ${waiting.length} accepted mails have not ended, ${all.length} deliveries wait (${known})`;
        this.trouble.push(text);
        return say(text);
      }
      await lasting(LOOK_EVERY_MS, signal);
    }
  }

  /** All of `mail.events`, from the start and by a reader that saw none of the faults. */
  private async readBack(): Promise<void> {
    const facts: ReadFact[] = [];
    const log = await this.rig.openLog();
    try {
      const reading = new FactsReading(log, (fact) => facts.push(fact));
      await reading.catchUp();
      const ids = await this.idsOf(reading);
      for (const fact of facts) {
        const mail = ids.get(fact.messageId) ?? '';
        this.book.note({ kind: 'fact', ...fact, mail, at: this.book.wall(fact.at) });
      }
    } finally {
      await log.close();
    }
  }

  /** The client's id by message id, as the recipient's address in the content tells it. */
  private async idsOf(reading: FactsReading): Promise<ReadonlyMap<string, string>> {
    const ids = new Map<string, string>();
    const content = await this.rig.openContent();
    try {
      for (const [messageId, recipient] of reading.recipients()) {
        const blob = await content.get(recipientBlob(recipient)).catch(() => undefined);
        if (!blob) continue;
        const { address } = readRecipient(blob, recipient);
        ids.set(messageId, address.slice(0, address.lastIndexOf('@')));
      }
    } finally {
      await content.close();
    }
    return ids;
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function firstLine(error: unknown): string {
  return String(error).split('\n')[0] ?? '';
}
