import type { EngineName } from './engines.ts';
import type { ServerPlan } from './processes/local-server.ts';
import type { MissingTool } from './tools/run-tool.ts';

/** One of Kafka, Redis, Jaeger, S3: what it needs on the machine and which servers it is made of. */
export interface Engine {
  readonly name: EngineName;
  readonly servers: readonly ServerPlan[];
  missing(): readonly MissingTool[];
  /** Brings its jars or program into the cache, where they are not there yet; this may take minutes. */
  fetch(report: (text: string) => void): Promise<void>;
  /** What the servers lack together although each of them serves; undefined when nothing. */
  incomplete?(): Promise<string | undefined>;
}
