// Whether the service in this container can do its work: what the container's health check asks.
import process from 'node:process';

try {
  const { ok } = await fetch(`http://127.0.0.1:${process.env.PENSTOCK_HTTP_PORT}/health/ready`, {
    signal: AbortSignal.timeout(2_000),
  });
  process.exitCode = ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
