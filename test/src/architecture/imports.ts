import { posix } from 'node:path';
import { type SourceFile, type SyntaxNode, walk } from './sources.ts';

export interface Import {
  /** As written. */
  readonly specifier: string;
  readonly at: number;
}

/** Everything the file imports or re-exports, dynamic imports and `import('x').Type` included. */
export function importsOf(file: SourceFile): readonly Import[] {
  const imports: Import[] = [];
  walk(file.program, (node) => {
    const specifier = importedBy(node);
    if (specifier !== undefined) imports.push({ specifier, at: node.start });
  });
  return imports;
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
  'TSExternalModuleReference',
]);

function importedBy(node: SyntaxNode): string | undefined {
  if (!IMPORTING.has(node.type)) return undefined;
  const source = (node.source ?? node.argument ?? node.expression) as { value?: unknown } | null | undefined;
  return typeof source?.value === 'string' ? source.value : undefined;
}

/** `@scope/name` or `name` of a package, `node:x` of a builtin, undefined for a relative path. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('/')) return undefined;
  if (specifier.startsWith('node:')) return specifier.split('/', 1)[0];
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Where a relative import leads, as a path from the root. */
export function resolveRelative(from: string, specifier: string): string {
  return posix.join(posix.dirname(from), specifier);
}

/** `services/ingest` of `services/ingest/src/x.ts`; the folder of a workspace package. */
export function packageFolder(path: string): string {
  const [top = '', second = '', third = ''] = path.split('/');
  if (top === 'test') return 'test';
  const nested = top === 'libs' && ['domain', 'adapters', 'verification'].includes(second);
  return nested ? `${top}/${second}/${third}` : `${top}/${second}`;
}
