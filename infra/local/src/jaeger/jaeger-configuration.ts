import { LOOPBACK, type StackPorts } from '../processes/ports.ts';

/** Traces live in memory: these are dropped first come, first gone, and all of them at a restart. */
const MAX_TRACES = 100_000;

export function jaegerQueryUrl(ports: StackPorts): string {
  return `http://${LOOPBACK}:${ports.jaegerQuery}`;
}

/** Jaeger 2 is an OpenTelemetry collector; only what is used here is switched on, all of it on loopback. */
export function jaegerConfiguration(ports: StackPorts): string {
  const at = (port: number) => `"${LOOPBACK}:${port}"`;
  return `service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [batch]
      exporters: [jaeger_storage_exporter]
  telemetry:
    metrics:
      level: none
    logs:
      level: info

extensions:
  jaeger_query:
    storage:
      traces: memory
    http:
      endpoint: ${at(ports.jaegerQuery)}
    grpc:
      endpoint: ${at(ports.jaegerQueryGrpc)}
  jaeger_storage:
    backends:
      memory:
        memory:
          max_traces: ${MAX_TRACES}
  healthcheckv2:
    use_v2: true
    http:
      endpoint: ${at(ports.jaegerHealth)}

receivers:
  otlp:
    protocols:
      grpc:
        endpoint: ${at(ports.otlpGrpc)}
      http:
        endpoint: ${at(ports.otlpHttp)}

processors:
  batch:
    timeout: 200ms

exporters:
  jaeger_storage_exporter:
    trace_storage: memory
`;
}
