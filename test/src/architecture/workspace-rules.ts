/** A package's manifest, its project references and what it imports say the same. */
import { posix } from 'node:path';
import { importsOf, packageOf } from './imports.ts';
import { isSpec, type SourceFile, type Violation } from './sources.ts';

export interface WorkspacePackage {
  /** From the root. */
  readonly folder: string;
  readonly name: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** Folders referred to by its tsconfig.json, from the root. */
  readonly references: readonly string[];
  readonly sources: readonly SourceFile[];
}

export function parsePackage(
  folder: string,
  manifest: string,
  tsconfig: string,
  sources: readonly SourceFile[],
): WorkspacePackage {
  const { name, dependencies = {}, devDependencies = {} } = JSON.parse(manifest) as Partial<WorkspacePackage>;
  const { references = [] } = JSON.parse(tsconfig) as { references?: readonly { path: string }[] };
  return {
    folder,
    name: name ?? folder,
    dependencies,
    devDependencies,
    references: references.map(({ path }) => posix.join(folder, path)),
    sources,
  };
}

/** Checks one package; `folders` gives the folder of each workspace package by name. */
export function checkPackage(pack: WorkspacePackage, folders: ReadonlyMap<string, string>): readonly Violation[] {
  const inSource = imported(pack.sources.filter(({ path }) => !isSpec(path)));
  const anywhere = imported(pack.sources);
  const declared = { ...pack.dependencies, ...pack.devDependencies };
  return [
    ...[...anywhere]
      .filter((name) => !(name in declared))
      .map((name) => manifest(pack, `imports ${name} without declaring it: add it to package.json`)),
    ...[...inSource]
      .filter((name) => name in pack.devDependencies && pack.folder !== 'test')
      .map((name) => manifest(pack, `needs ${name} at run time: move it to dependencies`)),
    ...Object.keys(declared)
      .filter((name) => !name.startsWith('@types/') && !anywhere.has(name))
      .map((name) => manifest(pack, `declares ${name} and never imports it: remove it`)),
    ...Object.entries(declared)
      .filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))
      .map(([name, version]) => manifest(pack, `asks for ${name} ${version}: pin the exact version`)),
    ...checkReferences(pack, declared, folders),
  ];
}

function checkReferences(
  pack: WorkspacePackage,
  declared: Readonly<Record<string, string>>,
  folders: ReadonlyMap<string, string>,
): readonly Violation[] {
  const wanted = new Set(Object.keys(declared).flatMap((name) => folders.get(name) ?? []));
  const path = `${pack.folder}/tsconfig.json`;
  return [
    ...[...wanted]
      .filter((folder) => !pack.references.includes(folder))
      .map((folder) => ({ path, line: 1, message: `does not refer to ${folder}, which package.json names: add it` })),
    ...pack.references
      .filter((folder) => !wanted.has(folder))
      .map((folder) => ({
        path,
        line: 1,
        message: `refers to ${folder}, which package.json does not name: remove it`,
      })),
  ];
}

function imported(sources: readonly SourceFile[]): ReadonlySet<string> {
  const names = sources.flatMap(importsOf).map(({ specifier }) => packageOf(specifier));
  return new Set(names.filter((name): name is string => name !== undefined && !name.startsWith('node:')));
}

function manifest(pack: WorkspacePackage, message: string): Violation {
  return { path: `${pack.folder}/package.json`, line: 1, message };
}
