import type { KeyedStore } from '@penstock/ports';
import type { FactSink } from '../facts/fact-reader.ts';

/** A read model as it is folded and asked now, seen by what rebuilds it. */
export interface LiveModel {
  readonly name: string;
  readonly rows: KeyedStore;
  /** Partitions of `mail.events` folded into it here. */
  partitions(): readonly number[];
  /** Everything before this offset is stored. */
  reached(partition: number): number | undefined;
  /** Runs `work` while the partitions stand still, stored to the last fact and ready to be gone on from. */
  atStandstill<R>(
    partitions: readonly number[],
    work: (reached: ReadonlyMap<number, number>) => Promise<R>,
  ): Promise<R>;
  /** An empty model beside this one, made by the same fold; what an earlier rebuild left there is gone. */
  openBeside(): Promise<ModelBeside>;
}

export interface ModelBeside {
  readonly sink: FactSink;
  readonly rows: KeyedStore;
  /** Time of the latest fact about a delivery whose acceptance was not folded, ms since the epoch. */
  unknownUntil(): number;
  /** Makes it the live one, which has to stand still and have folded as much. */
  takePlace(): Promise<void>;
  discard(): Promise<void>;
}
