import {
  onShutdownSignals,
  PinoTelemetry,
  printSettings,
  readSettings,
  type Setting,
  SettingsError,
  type SettingsOf,
} from '@penstock/nest';
import { parseArguments } from '../settings/arguments.ts';
import { readConfigFile, type ServiceName } from '../settings/config-file.ts';
import { allSettingNames } from '../settings/process-settings.ts';
import { StartupError } from '../startup/startup-error.ts';
import { UndoStack } from '../startup/undo-stack.ts';
import { type AssembledService, type ServiceWorld, type ShellSettings, startShell } from './service-shell.ts';

type Settings = Readonly<Record<string, Setting<unknown>>> & {
  readonly logLevel: Setting<'debug' | 'info' | 'warn' | 'error' | 'silent'>;
};

export interface ServiceProgram<S extends Settings> {
  readonly name: ServiceName;
  /** What it does, in one sentence. */
  readonly description: string;
  readonly settings: S;
  /** Throws StartupError for settings that cannot do together; called before anything is opened. */
  readonly check?: (settings: SettingsOf<S> & ShellSettings) => void;
  readonly assemble: (world: ServiceWorld<SettingsOf<S> & ShellSettings>) => Promise<AssembledService>;
}

/** Runs a service as this process: telemetry first, then everything else, until a signal or a fatal error ends it. */
export async function runService<const S extends Settings>(
  program: ServiceProgram<S>,
  args: readonly string[],
): Promise<void> {
  try {
    await run(program, args);
  } catch (error) {
    if (!(error instanceof StartupError) && !(error instanceof SettingsError)) throw error;
    complain(`${program.name}: ${error.message}`);
    // Whatever a driver still has open does not keep the process.
    process.exit(1);
  }
}

async function run<const S extends Settings>(program: ServiceProgram<S>, args: readonly string[]): Promise<void> {
  const { name, assemble } = program;
  const { help, config } = parseArguments(args);
  if (help) return print(helpText(program));
  const file = config === undefined ? {} : readConfigFile(config, name);
  const { values, warnings } = readSettings(program.settings, given(file), allSettingNames());
  for (const warning of warnings) complain(`warning: ${warning}`);
  const settings = values as SettingsOf<S> & ShellSettings & { readonly logLevel: 'warn' };
  program.check?.(settings);
  const telemetry = new PinoTelemetry({ level: settings.logLevel, fields: { service: name } });
  const undo = new UndoStack();
  const onFatal = (error: Error) => {
    telemetry.log('error', 'service_ended', { error });
    telemetry.flush();
    complain(`${name} cannot go on: ${error.message}`);
    process.exit(1);
  };
  let isAsked = false;
  const stop = () => {
    isAsked = true;
    return undo.run();
  };
  // From here on: a start may wait long, for a clock that is wrong or a log that is away.
  onShutdownSignals({ stop, telemetry, exit: (code) => process.exit(code) });
  try {
    const running = await startShell(settings, { name, telemetry, onFatal, undo }, assemble);
    if (isAsked) return;
    const doors = [`HTTP ${settings.host}:${running.httpPort}`, ...running.doors].join(', ');
    print(`${name} runs: ${doors}`);
  } catch (error) {
    // What is closed under a start lets it fail.
    if (isAsked) return;
    await undo.run();
    throw error;
  }
}

/** The file's settings under those of the environment, which win; empty ones do not count. */
function given(file: Readonly<Record<string, string>>): Readonly<Record<string, string | undefined>> {
  const set = Object.entries(process.env).filter(([, value]) => value !== undefined && value !== '');
  return { ...file, ...Object.fromEntries(set) };
}

function helpText({
  name,
  description,
  settings,
}: Pick<ServiceProgram<Settings>, 'name' | 'description' | 'settings'>) {
  return [
    `penstock run ${name} [--config FILE]`,
    '',
    description,
    '',
    'Settings, by environment or in the file (TOML; lower case without PENSTOCK_, such as http_port = 8080, for one',
    `service alone below [${name}]); the environment wins:`,
    '',
    printSettings(settings),
  ].join('\n');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
