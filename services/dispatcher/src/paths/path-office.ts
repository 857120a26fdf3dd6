import type { Policy } from '@penstock/policy';
import type { Clock, ContentStore, Telemetry, Timers } from '@penstock/ports';
import type { DamagedContent } from '../content/damaged-content.ts';
import type { Signatures } from '../content/signatures.ts';
import type { ControlWriter } from '../control/control-writer.ts';
import type { ExchangerWalk } from '../exchangers/exchanger-walk.ts';
import type { InFlight } from '../outcomes/in-flight.ts';
import type { Settlement } from '../outcomes/settlement.ts';
import type { OwnedSources } from '../ownership/owned-sources.ts';
import type { AttemptLimits } from './attempt-limits.ts';
import type { Path } from './path.ts';

/** What every path of the process works with. */
export interface PathOffice {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly content: ContentStore;
  readonly signatures: Signatures;
  readonly damaged: DamagedContent;
  readonly settlement: Settlement;
  readonly inFlight: InFlight;
  readonly control: ControlWriter;
  readonly sources: OwnedSources;
  readonly walk: ExchangerWalk;
  readonly limits: AttemptLimits;
  /** Nothing starts any more. */
  readonly stopping: boolean;
  policy(): Policy;
  /** The path holds nothing that a new one would not. */
  forget(path: Path): void;
}

export interface PathIdentity {
  readonly key: string;
  readonly source: string;
  readonly site: string;
  readonly provider?: string | undefined;
}
