/** Which Apache Kafka is meant by `--kafka`, and the Maven project that names its jars. */

export const KAFKA_LINES = ['3.9', '4.1'] as const;
export type KafkaLine = (typeof KAFKA_LINES)[number];

/** Exact releases; 3.9 is the last line that also runs on Java 11, 4.x asks the broker for Java 17. */
export const KAFKA_RELEASES: Readonly<Record<KafkaLine, string>> = { '3.9': '3.9.2', '4.1': '4.1.2' };

/** Kafka 3.9 takes its loggers' levels from log4j 1 classes, 4.1 from log4j 2, whose jars it brings itself. */
const LOGGING: Readonly<Record<KafkaLine, readonly [group: string, artifact: string, version: string]>> = {
  '3.9': ['org.slf4j', 'slf4j-reload4j', '1.7.36'],
  '4.1': ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.3'],
};

/** `kafka_2.13` brings the whole broker in runtime scope, but no binding for its log. */
export function kafkaPom(line: KafkaLine): string {
  const release = KAFKA_RELEASES[line];
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>penstock.local</groupId>
  <artifactId>kafka-${release}</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${dependency('org.apache.kafka', 'kafka_2.13', release)}
${dependency(...LOGGING[line])}
  </dependencies>
</project>
`;
}

function dependency(group: string, artifact: string, version: string): string {
  return [
    '    <dependency>',
    `      <groupId>${group}</groupId>`,
    `      <artifactId>${artifact}</artifactId>`,
    `      <version>${version}</version>`,
    '    </dependency>',
  ].join('\n');
}

/** Logs to standard output, which is the server's log file. */
export function loggingConfiguration(line: KafkaLine): { readonly file: string; readonly text: string } {
  const pattern = '%d{yyyy-MM-dd HH:mm:ss.SSS} %p %m (%c{1})%n';
  if (line === '3.9') {
    return {
      file: 'log4j.properties',
      text: `log4j.rootLogger=INFO, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=${pattern}
`,
    };
  }
  return {
    file: 'log4j2.properties',
    text: `appender.stdout.type=Console
appender.stdout.name=stdout
appender.stdout.layout.type=PatternLayout
appender.stdout.layout.pattern=${pattern}
rootLogger.level=info
rootLogger.appenderRef.stdout.ref=stdout
`,
  };
}

export function loggingOption(line: KafkaLine, path: string): string {
  return line === '3.9' ? `-Dlog4j.configuration=file:${path}` : `-Dlog4j2.configurationFile=${path}`;
}
