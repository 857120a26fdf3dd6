/** A log of many facts in a temporary folder, folded live, rebuilt and compared. */
import { type Embedded, openEmbedded } from '@penstock/adapter-embedded';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import type { Fact } from '@penstock/events';
import type { Membership } from '@penstock/ports';
import { createProjector, type Projector, type RebuildView } from '@penstock/projector';
import { MIX_PARTITIONS, partitionFacts } from './fact-mix.ts';

const MODEL = 'projector';
/** Facts in one append, as a busy log has them. */
const APPENDED_TOGETHER = 64;
const telemetry = { log: () => {} };

/** The read models alone: no reactor, no query, no mail. */
export class FoldedLog {
  private constructor(
    readonly engine: Embedded,
    readonly projector: Projector,
    private readonly member: Membership,
  ) {}

  static async open(dataDir: string): Promise<FoldedLog> {
    const fail = (error: Error) => {
      throw error;
    };
    const engine = await openEmbedded({ dataDir, telemetry, onFatal: fail });
    const { log, readModels, archive } = engine;
    const world = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry };
    const projector = createProjector({ ...world, log, readModels, archive });
    const consumer = projector.consumers.find(({ group }) => group === 'projector');
    if (consumer?.topic !== 'mail.events') throw new Error('the projector folds no facts');
    await projector.start();
    return new FoldedLog(engine, projector, await log.join(consumer));
  }

  /** Resolves when everything in the log is folded and stored. */
  async settled(): Promise<void> {
    for (let partition = 0; partition < MIX_PARTITIONS; partition++) {
      const { end } = await this.engine.log.bounds('mail.events', partition);
      await this.projector.modelsReached(partition, end);
    }
  }

  async rebuild(swap: boolean, watch: (view: RebuildView) => void = () => {}): Promise<RebuildView> {
    const answer = await this.projector.rebuilds.begin({ models: [MODEL], swap });
    if (answer.kind !== 'begun') throw new Error(JSON.stringify(answer.refusal));
    for (;;) {
      const view = await this.projector.rebuilds.view(answer.rebuild.id);
      if (!view) throw new Error('the rebuild is forgotten');
      watch(view);
      if (view.state !== 'running') return view;
      await systemTimers.sleep(100);
    }
  }

  /** Makes one count wrong, as a defect would have. Answers its key. */
  async corruptOneRow(): Promise<string> {
    const store = await this.engine.readModels.open(MODEL);
    const [row] = await store.range({ from: 'minute|', to: 'minute}', limit: 1, descending: true });
    if (!row) throw new Error('there is nothing to corrupt');
    await store.write({ increments: [{ key: row.key, fields: { delivered: 1 } }] });
    return row.key;
  }

  /** Takes every record as a line of JSON; answers how many there are. */
  async exportAll(): Promise<number> {
    const { events } = this.projector;
    const opened = await events.open({ topic: 'mail.events', filter: {}, follow: false, cursors: false });
    if (opened.kind !== 'opened') throw new Error(opened.kind);
    let lines = 0;
    for (let chunk = await events.next(opened.id); chunk !== undefined; chunk = await events.next(opened.id)) {
      for (let at = chunk.indexOf('\n'); at >= 0; at = chunk.indexOf('\n', at + 1)) lines++;
    }
    return lines;
  }

  async close(): Promise<void> {
    await this.member.leave();
    await this.projector.stop();
    await this.engine.close();
  }
}

/** Fills an empty folder; answers how many facts there are and how large they are as JSON. */
export async function writeFacts(dataDir: string, facts: number, end: number): Promise<number> {
  const engine = await openEmbedded({ dataDir, telemetry, onFatal: () => process.exit(1) });
  const sources = Array.from({ length: MIX_PARTITIONS }, (_, partition) =>
    partitionFacts(partition, Math.ceil(facts / MIX_PARTITIONS), end),
  );
  let written = 0;
  for (;;) {
    const batches = sources.flatMap((source, partition) => {
      const records = taken(source, APPENDED_TOGETHER);
      return records.length === 0 ? [] : [{ topic: 'mail.events' as const, partition, records }];
    });
    if (batches.length === 0) break;
    await engine.log.append(batches);
    for (const { records } of batches) written += records.length;
  }
  await engine.close();
  return written;
}

function taken(source: Iterator<Fact>, count: number): readonly Fact[] {
  const facts: Fact[] = [];
  for (let next = source.next(); !next.done; next = source.next()) {
    facts.push(next.value);
    if (facts.length === count) break;
  }
  return facts;
}
