/** Jaeger: OTLP in, traces in memory, the query API out. Its pages need files that no Go module carries. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { ServerPlan } from '../processes/local-server.ts';
import type { StackPorts } from '../processes/ports.ts';
import { fetchGoProgram, type GoProgram, missingForGo, programPath } from '../tools/go-program.ts';
import { askHttp } from '../tools/http-check.ts';
import { jaegerConfiguration, jaegerQueryUrl } from './jaeger-configuration.ts';

/** The module's v1 tag; `cmd/jaeger` in it is Jaeger 2, of which a tag v2.x cannot be had by this module path. */
const JAEGER: GoProgram = {
  module: 'github.com/jaegertracing/jaeger',
  version: 'v1.76.0',
  main: 'cmd/jaeger',
  buildTakes: 'about eleven minutes of CPU',
};

const ANSWER_WITHIN_MS = 2_000;

interface JaegerPlace {
  readonly folder: string;
  readonly cache: string;
  readonly ports: StackPorts;
}

export function jaegerEngine(place: JaegerPlace): Engine {
  return {
    name: 'jaeger',
    servers: [jaegerServer(place)],
    missing: () => missingForGo(JAEGER, place.cache),
    fetch: (report) => fetchGoProgram(JAEGER, place.cache, report),
  };
}

function jaegerServer({ folder: stackFolder, cache, ports }: JaegerPlace): ServerPlan {
  const folder = join(stackFolder, 'jaeger');
  const configuration = join(folder, 'jaeger.yaml');
  return {
    name: 'jaeger',
    version: JAEGER.version,
    ports: [ports.jaegerQuery, ports.otlpHttp, ports.otlpGrpc, ports.jaegerQueryGrpc, ports.jaegerHealth],
    command: programPath(JAEGER, cache),
    // It traces itself to port 4317, whoever listens there, and waits ten seconds for it at the end.
    environment: { OTEL_TRACES_SAMPLER: 'always_off' },
    args: ['--config', configuration],
    folder,
    marker: configuration,
    readyWithinMs: 60_000,
    stopWithinMs: 10_000,
    prepare: async () => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(configuration, jaegerConfiguration(ports));
    },
    // The query API is there before OTLP is; the health page speaks for all parts.
    notReady: async () =>
      (await askHttp(`http://127.0.0.1:${ports.jaegerHealth}/status`, ANSWER_WITHIN_MS)) ??
      (await askHttp(`${jaegerQueryUrl(ports)}/api/services`, ANSWER_WITHIN_MS)),
  };
}
