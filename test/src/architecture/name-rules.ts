/** What files and folders may be called, and what no text may say. */
import { posix } from 'node:path';
import { lineAt, type Violation } from './sources.ts';

const EMPTY_NAMES = new Set(['common', 'shared', 'core', 'utils', 'util', 'helpers', 'misc', 'lib']);
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/;

export function checkPath(path: string): readonly Violation[] {
  const folders = posix.dirname(path).split('/');
  const empty = folders.find((folder) => EMPTY_NAMES.has(folder));
  const violations: Violation[] = [];
  if (empty !== undefined) {
    violations.push({ path, line: 1, message: `lies in a folder called ${empty}: call it by what it is about` });
  }
  if (path.endsWith('.ts') && !KEBAB.test(posix.basename(path))) {
    violations.push({ path, line: 1, message: 'is not in kebab-case: rename it' });
  }
  return violations;
}

/** Names of package registries and their mirrors: they differ from place to place and belong to no repository. */
const REGISTRIES = /registry\.(npmjs|yarnpkg)\.|npm\.pkg\.github\.|artifactory\.|\bnexus\.[a-z]|proxy\.golang\./;

export function checkRegistryHosts(path: string, text: string): readonly Violation[] {
  const found = REGISTRIES.exec(text);
  if (!found) return [];
  return [{ path, line: lineAt(text, found.index), message: `names the registry ${found[0]}…: leave hosts to .npmrc` }];
}

const TOP_FOLDERS = new Set(['services', 'libs', 'infra', 'test', 'docs', '.ci', '.github']);
const SERVICES = new Set(['ingest', 'scheduler', 'dispatcher', 'projector', 'standalone']);

/** The top level is fixed. */
export function checkLayout(paths: readonly string[]): readonly Violation[] {
  const folders = new Set(paths.filter((path) => path.includes('/')).map((path) => path.slice(0, path.indexOf('/'))));
  const services = new Set(
    paths.filter((path) => path.startsWith('services/')).map((path) => path.split('/')[1] ?? ''),
  );
  return [
    ...[...folders]
      .filter((name) => !TOP_FOLDERS.has(name))
      .map((name) => layout(name, 'is no folder of the top level')),
    ...[...services].filter((name) => !SERVICES.has(name)).map((name) => layout(`services/${name}`, 'is no service')),
    ...['nx.json', 'package.json'].filter((name) => !paths.includes(name)).map((name) => layout(name, 'is missing')),
  ];
}

function layout(path: string, message: string): Violation {
  return { path, line: 1, message: `${message}: see docs/architecture.md for where things live` };
}
