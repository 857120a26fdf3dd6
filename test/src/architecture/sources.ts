/** The repository's TypeScript, parsed once: what the rules in this folder look at. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from 'oxc-parser';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** A syntax node as every parser of the ESTree family gives it. */
export interface SyntaxNode {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export interface SourceFile {
  /** From the root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly comments: readonly { readonly value: string; readonly start: number }[];
}

/** Something to put right, where, and how. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

export type Rule = (file: SourceFile) => readonly Violation[];

export function parseSource(path: string, text: string): SourceFile {
  const { program, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path} does not parse: ${error.message}`);
  return { path, text, program: asSyntaxNode(program), comments };
}

function asSyntaxNode(value: unknown): SyntaxNode {
  if (!isSyntaxNode(value)) throw new TypeError('the parser gave no syntax node');
  return value;
}

export function isSyntaxNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string';
}

/** Calls `visit` for the node and everything below it, parents first; `parent` is undefined for the root. */
export function walk(
  node: SyntaxNode,
  visit: (node: SyntaxNode, parent: SyntaxNode | undefined) => void,
  parent?: SyntaxNode,
): void {
  visit(node, parent);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isSyntaxNode(item)) walk(item, visit, node);
    } else if (isSyntaxNode(value)) {
      walk(value, visit, node);
    }
  }
}

export function lineAt(text: string, position: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i !== -1 && i < position; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
}

export function violation(file: SourceFile, at: number, message: string): Violation {
  return { path: file.path, line: lineAt(file.text, at), message };
}

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', '.git', '.nx', 'data']);

/** Every file below the root that the repository could hold, as paths from the root. */
export function repositoryFiles(folder = '', root = ROOT): readonly string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : repositoryFiles(path, root);
    return entry.isFile() ? [path] : [];
  });
}

export function readText(path: string, root = ROOT): string {
  return readFileSync(join(root, path), 'utf8');
}

export function readSources(): readonly SourceFile[] {
  return ['libs', 'services', 'infra', 'test']
    .flatMap((folder) => repositoryFiles(folder))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .map((path) => parseSource(path, readText(path)));
}

/** A suite, be it one of `npm test` or one that needs real servers. */
export function isSpec(path: string): boolean {
  return path.endsWith('.spec.ts') || path.endsWith('.real.ts');
}

/** One line per violation, for the message of a failed assertion. */
export function listed(violations: readonly Violation[]): string {
  return violations.map(({ path, line, message }) => `${path}:${line} ${message}`).join('\n');
}
