import type { Command } from 'commander';
import type { PlatformApi, UsePlatform } from '../api/platform-api.ts';
import type { RebuildView } from '../api/views.ts';
import { type Console, UserError } from '../console.ts';
import { rebuildProgressText, rebuildText } from '../rendering/rebuild-text.ts';

const POLL_MS = 250;
/** Says the same in every command that has it. */
export const DATA_DIR = 'the data folder of a platform that does not run, instead of one that does';

interface RebuildOptions {
  readonly all?: boolean;
  readonly check?: boolean;
  readonly swap?: boolean;
  readonly dataDir?: string;
}

export function addRebuild(root: Command, console: Console, platform: UsePlatform): void {
  root
    .command('rebuild')
    .description(
      'make read models again from the log, beside the live ones, and compare them (needs a key with scope operate)',
    )
    .argument('[models...]', 'their names; one that is none is answered with those there are')
    .option('--all', 'all of them')
    .option('--check', 'compare only (the default); exit code 1 where they differ')
    .option('--swap', 'put the rebuilt ones in the place of the live ones')
    .option('--data-dir <folder>', DATA_DIR)
    .action((models: readonly string[], options: RebuildOptions) =>
      platform(options.dataDir, (api) => rebuild(models, options, console, api)),
    );
}

async function rebuild(
  models: readonly string[],
  { all = false, check = false, swap = false }: RebuildOptions,
  console: Console,
  api: PlatformApi,
): Promise<void> {
  if (check && swap) throw new UserError('--check and --swap: choose one');
  if (all === models.length > 0) throw new UserError('either name the models, or use --all');
  const { id } = await api.beginRebuild(all ? undefined : models, swap);
  const view = await watch(id, console, api);
  console.print(rebuildText(view));
  if (view.state !== 'done') throw new UserError(`the rebuild was ${view.state}${view.error ? `: ${view.error}` : ''}`);
  if (!swap && view.equal === false) throw new UserError('the live model is not what the log says');
}

async function watch(id: string, console: Console, api: PlatformApi): Promise<RebuildView> {
  for (;;) {
    const view = console.interrupted?.aborted ? await api.cancelRebuild(id) : await api.rebuild(id);
    if (view.state !== 'running') {
      console.progress?.(undefined);
      return view;
    }
    console.progress?.(rebuildProgressText(view));
    await console.sleep(POLL_MS);
  }
}
