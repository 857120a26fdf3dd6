/** One node of the Kafka cluster as a server of the stack. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServerPlan } from '../processes/local-server.ts';
import type { StackPorts } from '../processes/ports.ts';
import { runTool } from '../tools/run-tool.ts';
import { askBroker } from './broker-metadata.ts';
import { KAFKA_RELEASES, type KafkaLine, loggingConfiguration, loggingOption } from './releases.ts';
import { serverProperties } from './server-properties.ts';

export interface KafkaSettings {
  readonly line: KafkaLine;
  readonly brokers: number;
  readonly clusterId: string;
  /** Largest heap of each broker, in MB. */
  readonly heapMb: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly longLived: boolean;
}

const ANSWER_WITHIN_MS = 2_000;

export function kafkaNode(
  nodeId: number,
  settings: KafkaSettings,
  place: { readonly folder: string; readonly jars: string; readonly ports: StackPorts },
): ServerPlan {
  const name = `kafka-${nodeId}`;
  const folder = join(place.folder, name);
  const configuration = join(folder, 'server.properties');
  const logging = loggingConfiguration(settings.line);
  const logOption = loggingOption(settings.line, join(folder, logging.file));
  const classPath = ['-cp', join(place.jars, '*')];
  const port = place.ports.kafka(nodeId);
  return {
    name,
    version: KAFKA_RELEASES[settings.line],
    ports: [port, place.ports.kafkaController(nodeId)],
    command: 'java',
    args: [`-Xms${Math.min(256, settings.heapMb)}m`, `-Xmx${settings.heapMb}m`, '-XX:+UseSerialGC']
      // The second compiler takes a third of a broker's CPU in its first minutes, and pays off after them.
      .concat(settings.longLived ? [] : ['-XX:TieredStopAtLevel=1'])
      .concat('-Djava.awt.headless=true', '-Djava.net.preferIPv4Stack=true', logOption, classPath)
      .concat('kafka.Kafka', configuration),
    folder,
    marker: configuration,
    readyWithinMs: 120_000,
    stopWithinMs: 10_000,
    prepare: async () => {
      const dataFolder = join(folder, 'data');
      mkdirSync(dataFolder, { recursive: true });
      const { brokers, properties: extra } = settings;
      writeFileSync(configuration, serverProperties({ nodeId, brokers, ports: place.ports, dataFolder, extra }));
      writeFileSync(join(folder, logging.file), logging.text);
      if (existsSync(join(dataFolder, 'meta.properties'))) return;
      const format = ['format', '--cluster-id', settings.clusterId, '--config', configuration, '--ignore-formatted'];
      const quick = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', logOption];
      await runTool('java', [...quick, ...classPath, 'kafka.tools.StorageTool', ...format]);
    },
    notReady: async () => {
      try {
        const { nodeIds } = await askBroker(port, ANSWER_WITHIN_MS);
        return nodeIds.includes(nodeId) ? undefined : 'the controller has not let it in yet';
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

/** Undefined when each of the brokers sees all of them. */
export async function whatClusterLacks(ports: readonly number[]): Promise<string | undefined> {
  for (const port of ports) {
    const seen = await askBroker(port, ANSWER_WITHIN_MS).catch(() => undefined);
    if (seen === undefined) return `the broker at port ${port} does not answer`;
    if (seen.nodeIds.length < ports.length) return `the broker at port ${port} sees ${seen.nodeIds.length} brokers`;
  }
  return undefined;
}
