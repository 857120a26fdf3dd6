/** Apache Kafka from its jars: one node, or three that elect leaders and keep copies. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { StackPorts } from '../processes/ports.ts';
import { fillCache } from '../tools/cache.ts';
import { isInstalled, runTool } from '../tools/run-tool.ts';
import { type KafkaSettings, kafkaNode, whatClusterLacks } from './kafka-node.ts';
import { KAFKA_RELEASES, kafkaPom } from './releases.ts';

export interface KafkaPlace {
  readonly folder: string;
  readonly cache: string;
  readonly ports: StackPorts;
}

const JAVA = { what: 'java (17 or later)', install: 'apt-get install openjdk-17-jre-headless' };
const MAVEN = { what: 'mvn, which fetches the jars of Kafka,', install: 'apt-get install maven' };

export function kafkaEngine(settings: KafkaSettings, place: KafkaPlace): Engine {
  const nodeIds = Array.from({ length: settings.brokers }, (_, index) => index + 1);
  const release = KAFKA_RELEASES[settings.line];
  const jars = join(place.cache, `kafka-${release}`);
  return {
    name: 'kafka',
    servers: nodeIds.map((nodeId) => kafkaNode(nodeId, settings, { ...place, jars })),
    missing: () => [...(isInstalled('java') ? [] : [JAVA]), ...(isInstalled('mvn') ? [] : [MAVEN])],
    fetch: (report) =>
      fillCache(jars, async (folder) => {
        report(`Fetching the jars of Kafka ${release} with Maven (45 MB, once)`);
        writeFileSync(join(folder, 'pom.xml'), kafkaPom(settings.line));
        const copy = ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime'];
        await runTool('mvn', [...copy, `-DoutputDirectory=${folder}`], { cwd: folder });
      }),
    incomplete: () => whatClusterLacks(nodeIds.map(place.ports.kafka)),
  };
}
