import { type LoadedPolicy, loadPolicy, StartupError } from '@penstock/deployment';
import { onShutdownSignals, PinoTelemetry, printSettings, readSettings, SettingsError } from '@penstock/nest';
import { SANDBOX_DIRECTORY } from '@penstock/testing';
import { bannerText } from './banner.ts';
import { SETTINGS } from './settings.ts';
import { becameReady, type Standalone, startStandalone } from './standalone.ts';

type Settings = ReturnType<typeof readSettings<typeof SETTINGS>>['values'];

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help') || args.includes('-h')) return help();
  if (args.length > 0) throw new StartupError('no options but --help: every setting is an environment variable');
  const startedAt = performance.now();
  const { values, warnings } = readSettings(SETTINGS, process.env);
  const policy = loadPolicy(values);
  for (const warning of [...warnings, ...policy.warnings]) complain(`warning: ${warning}`);
  const telemetry = new PinoTelemetry({ level: values.logLevel });
  const standalone = await startStandalone({
    ...values,
    keys: values,
    policy,
    telemetry,
    engine: { reserveBytes: values.diskReserve, retentionMs: values.retention },
    onFatal: (error) => {
      complain(`nothing can be stored any more: ${error.message}`);
      process.exit(1);
    },
  });
  // Not without files of its operator: whoever closes the terminal of a first try wants it to end.
  if (standalone.tls.own || values.policyFile !== undefined) process.on('SIGHUP', () => reload(standalone, values));
  onShutdownSignals({ stop: standalone.stop, telemetry, exit: (code) => process.exit(code) });
  await becameReady(standalone, (reason) => complain(`still starting: ${reason}`));
  await warnOfKeys(standalone);
  process.stdout.write(`${banner(standalone, values, policy, performance.now() - startedAt)}\n`);
  standalone.tls.prepare();
}

/** What files of the operator say anew. */
function reload(standalone: Standalone, settings: Settings): void {
  if (standalone.tls.own) void standalone.tls.reload();
  if (settings.policyFile !== undefined) void standalone.reloadPolicy(settings);
}

/** Domains named at once; with a wrong secret key it is all of them. */
const MAX_NAMED = 10;

/** Mail of such a domain cannot be signed, and so is not sent; everything else works. */
async function warnOfKeys(standalone: Standalone): Promise<void> {
  const domains = await standalone.unreadableDomains();
  if (domains.length === 0) return;
  const named = domains.slice(0, MAX_NAMED).join(', ');
  const more = domains.length > MAX_NAMED ? ` and ${domains.length - MAX_NAMED} more` : '';
  complain(
    `warning: the DKIM keys of ${named}${more} were sealed under another secret key and cannot be used: start with the PENSTOCK_SECRET_KEY they were made with, or remove and add the domains again for new keys`,
  );
}

function help(): void {
  process.stdout.write(
    `Penstock in one process: ingest, scheduler, dispatcher and projector on the embedded engine.\n\nSettings, by environment:\n\n${printSettings(SETTINGS)}\n`,
  );
}

function banner(standalone: Standalone, { host, apiKey }: Settings, policy: LoadedPolicy, startedInMs: number): string {
  const { httpPort, smtpPort, smtpsPort, tls, dataDir, egress, apiKeys } = standalone;
  return bannerText({
    startedInMs,
    host,
    httpPort,
    smtpPort,
    smtpsPort,
    tls: tls.own
      ? 'certificate of PENSTOCK_TLS_CERT'
      : 'self-made certificate; on loopback STARTTLS is not offered, and works',
    dataDir,
    policyOrigin: policy.origin,
    policyVersion: policy.policy.version,
    sandbox: egress.sandbox && SANDBOX_DIRECTORY,
    egress: egress.description,
    // Mail of a sandbox goes nowhere, so the key may stand on the screen; elsewhere whoever set it knows it.
    key: apiKeys.made ?? (egress.sandbox ? apiKey : undefined),
    keyNote: keyNote(standalone),
  });
}

function keyNote({ apiKeys }: Standalone): string {
  if (apiKeys.made !== undefined) return 'made now and shown only this once; it works after a restart too';
  if (apiKeys.madeEarlier) return 'the one shown at the first start';
  return 'as set';
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof StartupError) && !(error instanceof SettingsError)) throw error;
  complain(error.message);
  process.exitCode = 1;
}
