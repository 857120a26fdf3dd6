/**
 * For whoever starts it as a child, such as `penstock rebuild --data-dir`: opens a stopped platform's folder, prints where
 * as one line of JSON, and closes it when its standard input ends, which it also does when its parent is gone.
 */
import { once } from 'node:events';
import { StartupError } from '@penstock/deployment';
import { PinoTelemetry } from '@penstock/nest';
import { openStoppedPlatform } from './stopped-platform.ts';

function fail(error: unknown): void {
  process.stderr.write(`${error instanceof StartupError ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

// Ctrl-C reaches both: the parent says when it is over.
process.on('SIGINT', () => {});
try {
  const platform = await openStoppedPlatform({
    dataDir: process.argv[2] ?? '',
    telemetry: new PinoTelemetry({ level: 'error' }),
    onFatal: (error) => {
      fail(error);
      process.exit();
    },
  });
  const { url, key } = platform;
  process.stdout.write(`${JSON.stringify({ url, key })}\n`);
  process.stdin.resume();
  await once(process.stdin, 'end');
  await platform.close();
} catch (error) {
  fail(error);
}
