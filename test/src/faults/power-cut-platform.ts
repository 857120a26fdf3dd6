/**
 * A standalone platform on a disk whose power goes after so many operations; started by the power-cut test with a
 * PowerCutStart as its only argument. Prints its doors as one line of JSON when it is ready.
 */
import { checkPolicy } from '@penstock/policy';
import type { Telemetry } from '@penstock/ports';
import { becameReady, startStandalone } from '@penstock/standalone';
import type { PowerCut } from './power-cut-files.ts';

export interface PowerCutStart {
  readonly dataDir: string;
  readonly apiKey: string;
  readonly policyText: string;
  readonly segmentBytes: number;
  readonly cut: PowerCut;
}

const HOST = '127.0.0.1';
const telemetry: Telemetry = {
  log: (level, event, fields) => {
    if (level === 'warn' || level === 'error') process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
  },
};

const { dataDir, apiKey, policyText, segmentBytes, cut } = JSON.parse(process.argv[2] ?? '') as PowerCutStart;
const { policy } = checkPolicy(policyText);
if (!policy) throw new Error('the policy is none');
const standalone = await startStandalone({
  host: HOST,
  httpPort: 0,
  smtpPort: 0,
  dataDir,
  keys: { apiKey, apiKeys: undefined },
  policy: { text: policyText, policy, origin: 'the test', warnings: [] },
  telemetry,
  onFatal: (error) => {
    throw error;
  },
  engine: { segmentBytes, files: { url: new URL('./power-cut-files.js', import.meta.url).href, data: cut } },
});
process.once('SIGTERM', () => {
  standalone.stop().then(
    () => process.exit(0),
    (error) => {
      process.stderr.write(`could not be stopped: ${error}\n`);
      process.exit(1);
    },
  );
});
await becameReady(standalone, (reason) => process.stderr.write(`still starting: ${reason}\n`));
const { httpPort, smtpPort } = standalone;
process.stdout.write(`${JSON.stringify({ url: `http://${HOST}:${httpPort}`, smtpHost: HOST, smtpPort })}\n`);
