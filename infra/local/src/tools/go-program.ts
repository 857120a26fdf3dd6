/**
 * A program built from a Go module. It is built inside the module as it was downloaded, since only there its own
 * replacements and checksums hold: `go install module@version` refuses a module with replacements, and Jaeger has one.
 */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fillCache } from './cache.ts';
import { isInstalled, type MissingTool, runTool } from './run-tool.ts';

export interface GoProgram {
  readonly module: string;
  readonly version: string;
  /** Folder of the main package within the module; its last part names the program. */
  readonly main: string;
  /** What to expect of the build, for whoever waits. */
  readonly buildTakes: string;
}

const GO: MissingTool = {
  what: 'go (1.21 or later; it fetches the toolchain a module asks for)',
  install: 'apt-get install golang-go',
};

function programFolder(program: GoProgram, cache: string): string {
  return join(cache, `${basename(program.main)}-${program.version}`);
}

export function programPath(program: GoProgram, cache: string): string {
  return join(programFolder(program, cache), basename(program.main));
}

/** Go is needed for the build only. */
export function missingForGo(program: GoProgram, cache: string): readonly MissingTool[] {
  return existsSync(programPath(program, cache)) || isInstalled('go') ? [] : [GO];
}

/** Where `go mod download -json` says that the module lies. */
export function parseModuleFolder(output: string): string {
  const { Dir } = JSON.parse(output) as { readonly Dir?: string };
  if (Dir === undefined) throw new Error(`go mod download named no folder:\n${output}`);
  return Dir;
}

/** Builds at the lowest priority: it takes minutes, and nobody is kept from working. */
export function fetchGoProgram(program: GoProgram, cache: string, report: (text: string) => void): Promise<void> {
  return fillCache(programFolder(program, cache), async (folder) => {
    report(`Building ${basename(program.main)} ${program.version} with Go (${program.buildTakes}, once)`);
    const download = ['mod', 'download', '-json', `${program.module}@${program.version}`];
    const module = parseModuleFolder(await runTool('go', download, { cwd: folder }));
    const output = join(folder, basename(program.main));
    const build = ['go', 'build', '-C', module, '-trimpath', '-ldflags=-s -w', '-o', output, `./${program.main}`];
    const flags = `${process.env.GOFLAGS ?? ''} -buildvcs=false -mod=readonly`.trim();
    await runTool('nice', ['-n', '19', ...build], { environment: { GOFLAGS: flags } });
  });
}
