import type { Clock, KeyedStore, ReadModels, Telemetry } from '@penstock/ports';
import type { FactTally } from '../counters/fact-tally.ts';
import { ReadModel } from '../deliveries/read-model.ts';
import { ReadModelSink } from '../deliveries/read-model-sink.ts';
import type { FactReader } from '../facts/fact-reader.ts';
import type { LiveModel, ModelBeside } from './live-model.ts';

export interface LiveReadModelDeps {
  readonly readModels: ReadModels;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** The projector's read model, by the reader that folds it. */
export class LiveReadModel implements LiveModel {
  constructor(
    private readonly deps: LiveReadModelDeps,
    private readonly model: ReadModel,
    private readonly reader: FactReader,
    private readonly tally: FactTally,
  ) {}

  get name(): string {
    return this.model.name;
  }

  get rows(): KeyedStore {
    return this.model.rows;
  }

  partitions(): readonly number[] {
    return this.reader.partitions();
  }

  reached(partition: number): number | undefined {
    return this.reader.stored.of(partition);
  }

  atStandstill<R>(
    partitions: readonly number[],
    work: (reached: ReadonlyMap<number, number>) => Promise<R>,
  ): Promise<R> {
    return this.reader.atStandstill(partitions, work);
  }

  async openBeside(): Promise<ModelBeside> {
    const { readModels, clock, telemetry } = this.deps;
    const model = new ReadModel(readModels, `${this.model.name}.rebuild`);
    // What a killed rebuild left is no beginning: where it stopped is not where its rows are.
    await model.discard();
    await model.open();
    const sink = new ReadModelSink(model, clock, telemetry);
    return {
      sink,
      rows: model.rows,
      unknownUntil: () => sink.unknownUntil(),
      // Its memory goes along with its rows, so that there is nothing to read back while everything waits.
      takePlace: async () => {
        await model.takeThePlaceOf(this.model);
        // What it counted so far the former one has told.
        sink.tallyIn(this.tally);
        this.reader.continueWith(sink);
      },
      discard: () => model.discard(),
    };
  }
}
