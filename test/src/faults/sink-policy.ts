export const SINK_MAX_IN_FLIGHT = 1_000;

/** Everything to the sink, with waits that let the last delivery end within seconds. */
export function sinkPolicy(port: number): string {
  return `
egress = "smarthost"
default_pool = "default"

[smarthost]
host = "127.0.0.1"
port = ${port}
connection_limit = 32
max_deliveries_per_connection = 1000
enable_tls = "Disabled"

[source."smarthost"]
ehlo_domain = "localhost"
partition = 0

[pool."default"]
sources = ["smarthost"]

[retry]
retry_interval = "1s"
max_retry_interval = "5s"
unknown_retry_interval = "1s"
suspend = "1s"
max_suspend = "2s"

[dispatch]
max_attempts_in_flight = ${SINK_MAX_IN_FLIGHT}
start_within = "5s"
attempt_max = "10s"
`;
}
