import { StartupError } from '../startup/startup-error.ts';

export interface ServiceArguments {
  readonly help: boolean;
  /** A file of settings. */
  readonly config?: string;
}

/** @throws StartupError for what is none of `--config FILE` and `--help` */
export function parseArguments(args: readonly string[]): ServiceArguments {
  let config: string | undefined;
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (argument === '--help' || argument === '-h') return { help: true };
    const [option, joined] = argument.split(/=(.*)/s, 2);
    if (option !== '--config') throw new StartupError(`${argument} is no option: there are --config FILE and --help`);
    config = joined ?? args[++at];
    if (config === undefined || config === '') throw new StartupError('--config needs the name of a file of settings');
  }
  return config === undefined ? { help: false } : { help: false, config };
}
