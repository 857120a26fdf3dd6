/** Who takes part in a run of faults. */
import type { ServiceName } from '../../../end-to-end/apart/service-process.ts';

export interface Instance {
  /** Name of the process, which is also its `PENSTOCK_INSTANCE`. */
  readonly name: string;
  readonly service: ServiceName;
}

/** Whoever reads starts before whoever writes, and stops after. */
export const INSTANCES: readonly Instance[] = [
  { name: 'projector-1', service: 'projector' },
  { name: 'dispatcher-1', service: 'dispatcher' },
  { name: 'dispatcher-2', service: 'dispatcher' },
  { name: 'scheduler-1', service: 'scheduler' },
  { name: 'scheduler-2', service: 'scheduler' },
  { name: 'ingest-1', service: 'ingest' },
];

export const SERVICES: readonly ServiceName[] = ['ingest', 'scheduler', 'dispatcher', 'projector'];

export function instancesOf(service: ServiceName): readonly string[] {
  return INSTANCES.filter((instance) => instance.service === service).map(({ name }) => name);
}

/** Started so that their wall clock can be moved. */
export const CLOCK_INSTANCES: readonly string[] = ['scheduler-1', 'dispatcher-1', 'ingest-1'];

/** `content` is shared by all; the other is the state folder of the instance of that name. */
export const DISKS: readonly string[] = ['content', 'scheduler-2'];

/** Mailbox providers; the first is the one whose limits bind. */
export const PROVIDERS: readonly string[] = ['narrow', 'wide', 'healthy'];

/** Addresses that mail leaves from, one for each source. */
export const SOURCE_ADDRESSES: readonly string[] = ['127.0.0.11', '127.0.0.12', '127.0.0.13', '127.0.0.14'];
