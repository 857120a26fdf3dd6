import type { ServerStatus } from './processes/local-server.ts';

/** One line for each server, in columns. */
export function table(servers: readonly ServerStatus[]): string {
  const rows = servers.map(({ name, version, pid, port, ready, reason }) => [
    name,
    version,
    String(port),
    pid === undefined ? '-' : String(pid),
    ready ? 'ready' : (reason ?? 'not ready'),
  ]);
  const lines = [['server', 'version', 'port', 'pid', 'state'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
