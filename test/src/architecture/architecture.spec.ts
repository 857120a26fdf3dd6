/** The rules of the house, applied to the house. What each rule catches is tested in rules.spec.ts. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkCryptoInServices, checkImports } from './import-rules.ts';
import { packageFolder } from './imports.ts';
import { checkLayout, checkPath, checkRegistryHosts } from './name-rules.ts';
import { checkGlobals, checkModuleState } from './purity-rules.ts';
import { listed, ROOT, type Rule, readSources, readText, repositoryFiles } from './sources.ts';
import {
  checkComments,
  checkExports,
  checkFileLength,
  checkFocusedTests,
  checkFunctionLength,
  checkTypes,
} from './tidy-rules.ts';
import { checkPackage, parsePackage, type WorkspacePackage } from './workspace-rules.ts';

const sources = readSources();
const paths = repositoryFiles();

function holds(rule: Rule): void {
  const violations = sources.flatMap(rule);
  assert.ok(violations.length === 0, `\n${listed(violations)}`);
}

test('every file imports only what its layer may', () => holds(checkImports));
test('services take fingerprints from node:crypto, never chance', () => holds(checkCryptoInServices));
test('pure code takes time, chance and waiting through ports', () => holds(checkGlobals));
test('pure code keeps no state in its modules', () => holds(checkModuleState));
test('files are short', () => holds(checkFileLength));
test('functions are short', () => holds(checkFunctionLength));
test('no test is skipped or singled out', () => holds(checkFocusedTests));
test('no comment leaves work behind or silences the compiler', () => holds(checkComments));
test('no type gives up', () => holds(checkTypes));
test('exports have names', () => holds(checkExports));

test('files and folders are called by what they are about', () => {
  const violations = paths.flatMap(checkPath);
  assert.ok(violations.length === 0, `\n${listed(violations)}`);
});

test('the top level is as fixed', () => {
  const violations = checkLayout(paths);
  assert.ok(violations.length === 0, `\n${listed(violations)}`);
});

const TEXT = /\.(ts|mjs|js|json|md|toml|ya?ml|sh|html|css)$|(^|\/)(\.npmrc|\.ci\/run|Dockerfile)$/;

test('no file names a package registry', () => {
  const violations = paths
    .filter((path) => TEXT.test(path))
    .flatMap((path) => checkRegistryHosts(path, readText(path)));
  assert.ok(violations.length === 0, `\n${listed(violations)}`);
});

function packages(): readonly WorkspacePackage[] {
  const folders = [...new Set(paths.filter((path) => path.endsWith('/tsconfig.json')).map(packageFolder))];
  return folders
    .filter((folder) => existsSync(join(ROOT, folder, 'package.json')))
    .map((folder) =>
      parsePackage(
        folder,
        readText(`${folder}/package.json`),
        readText(`${folder}/tsconfig.json`),
        sources.filter(({ path }) => packageFolder(path) === folder),
      ),
    );
}

test('manifests, project references and imports agree', () => {
  const all = packages();
  const folders = new Map(all.map(({ name, folder }) => [name, folder]));
  const violations = all.flatMap((pack) => checkPackage(pack, folders));
  assert.ok(violations.length === 0, `\n${listed(violations)}`);
});

test('the root project refers to every package', () => {
  const root = JSON.parse(readText('tsconfig.json')) as { references: readonly { path: string }[] };
  assert.deepEqual(
    root.references.map(({ path }) => path).sort(),
    packages()
      .map(({ folder }) => folder)
      .sort(),
  );
});
