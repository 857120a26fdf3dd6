/** What a stack's folder was made with, and how that meets what is asked for now. Pure but for the cluster's id. */
import { randomBytes } from 'node:crypto';
import { KAFKA_LINES, type KafkaLine } from './kafka/releases.ts';
import { DEFAULT_BASE_PORT } from './processes/ports.ts';

export interface StackSettings {
  readonly kafka: KafkaLine;
  readonly brokers: 1 | 3;
  readonly basePort: number;
  readonly clusterId: string;
  readonly heapMb: number;
  readonly kafkaProperties: Readonly<Record<string, string>>;
  /** Brokers for hours, or to be measured: they compile themselves as well as Java can, which takes seconds of CPU. */
  readonly longLived: boolean;
}

export type AskedSettings = Partial<Omit<StackSettings, 'clusterId'>>;

const HEAP_MB = { 1: 512, 3: 384 } as const;

/** What is not asked for stays as it was; release and number of brokers belong to the data and cannot change. */
export function meetSettings(asked: AskedSettings, stored: StackSettings | undefined): StackSettings {
  const brokers = asked.brokers ?? stored?.brokers ?? 1;
  const kafka = asked.kafka ?? stored?.kafka ?? '4.1';
  if (stored !== undefined && (stored.kafka !== kafka || stored.brokers !== brokers)) {
    throw new Error(
      `The folder holds the data of Kafka ${stored.kafka} with ${tell(stored.brokers)}, and Kafka ${kafka} with ` +
        `${tell(brokers)} is asked for. Delete the data with stack:down -- --wipe, or choose another folder with --data.`,
    );
  }
  return {
    kafka,
    brokers,
    basePort: asked.basePort ?? stored?.basePort ?? DEFAULT_BASE_PORT,
    clusterId: stored?.clusterId ?? newClusterId(),
    heapMb: asked.heapMb ?? stored?.heapMb ?? HEAP_MB[brokers],
    kafkaProperties: asked.kafkaProperties ?? stored?.kafkaProperties ?? {},
    longLived: asked.longLived ?? stored?.longLived ?? false,
  };
}

/** Ports and properties are read at a start: what runs would go on with the old ones, and be asked at the new. */
export function refuseChange(
  wanted: StackSettings,
  stored: StackSettings | undefined,
  running: readonly string[],
): void {
  if (stored === undefined || running.length === 0 || JSON.stringify(wanted) === JSON.stringify(stored)) return;
  throw new Error(`${running.join(', ')} run with other settings. End them first with stack:down; the data stays.`);
}

function tell(brokers: number): string {
  return brokers === 1 ? 'one broker' : `${brokers} brokers`;
}

/** 16 random bytes as base64url; one with a leading dash would be taken for an option. */
function newClusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? newClusterId() : id;
}

export function parseSettings(text: string): StackSettings {
  const settings = JSON.parse(text) as StackSettings;
  const whole = KAFKA_LINES.includes(settings.kafka) && [1, 3].includes(settings.brokers) && settings.clusterId;
  if (!whole) throw new Error('stack.json does not say what stack lies here; delete the folder.');
  return settings;
}
