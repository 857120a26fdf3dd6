/** House rules of CONTRIBUTING.md that a machine can check. */
import {
  isSpec,
  isSyntaxNode,
  lineAt,
  type SourceFile,
  type SyntaxNode,
  type Violation,
  violation,
  walk,
} from './sources.ts';

const MAX_SOURCE_LINES = 300;
const MAX_SPEC_LINES = 500;
const MAX_FUNCTION_LINES = 60;

export function checkFileLength(file: SourceFile): readonly Violation[] {
  const lines = file.text.split('\n').length - 1;
  const limit = isSpec(file.path) ? MAX_SPEC_LINES : MAX_SOURCE_LINES;
  if (lines <= limit) return [];
  return [violation(file, 0, `has ${lines} lines, ${limit} at most: split it by capability`)];
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/** Specs are exempt: their longest functions are lists of cases. */
export function checkFunctionLength(file: SourceFile): readonly Violation[] {
  if (isSpec(file.path)) return [];
  const violations: Violation[] = [];
  walk(file.program, (node) => {
    if (!FUNCTIONS.has(node.type)) return;
    const lines = lineAt(file.text, node.end) - lineAt(file.text, node.start) + 1;
    if (lines <= MAX_FUNCTION_LINES) return;
    violations.push(
      violation(file, node.start, `a function of ${lines} lines, ${MAX_FUNCTION_LINES} at most: take it apart`),
    );
  });
  return violations;
}

const TEST_FUNCTIONS = new Set(['test', 'it', 'describe', 'suite', 't']);
const FOCUS = new Set(['only', 'skip', 'todo']);

/** Every test runs, every time. */
export function checkFocusedTests(file: SourceFile): readonly Violation[] {
  const violations: Violation[] = [];
  walk(file.program, (node) => {
    const word = focusedMember(node) ?? focusedOption(node);
    if (word !== undefined)
      violations.push(violation(file, node.start, `a test is marked ${word}: run it or delete it`));
  });
  return violations;
}

function focusedMember(node: SyntaxNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const { object, property } = node as { object?: unknown; property?: unknown };
  const word = nameOf(property);
  return TEST_FUNCTIONS.has(nameOf(object)) && FOCUS.has(word) ? word : undefined;
}

function focusedOption(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression' || !TEST_FUNCTIONS.has(nameOf(node.callee))) return undefined;
  const options = (node.arguments as readonly unknown[]).filter(
    (argument) => isSyntaxNode(argument) && argument.type === 'ObjectExpression',
  ) as readonly SyntaxNode[];
  const keys = options.flatMap((option) => (option.properties as readonly SyntaxNode[]).map(({ key }) => nameOf(key)));
  return keys.find((key) => FOCUS.has(key));
}

function nameOf(node: unknown): string {
  return isSyntaxNode(node) && node.type === 'Identifier' ? String(node.name) : '';
}

/** Split so that this file does not find itself. */
const LEFTOVERS = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].join('|')})\\b`);
const SILENCED = /@ts-(ignore|expect-error|nocheck)/;

export function checkComments(file: SourceFile): readonly Violation[] {
  return file.comments.flatMap(({ value, start }) => {
    if (LEFTOVERS.test(value)) return [violation(file, start, 'a leftover note: do it, or open an issue')];
    if (SILENCED.test(value)) return [violation(file, start, 'silences the compiler: give it the right type')];
    return [];
  });
}

export function checkTypes(file: SourceFile): readonly Violation[] {
  const violations: Violation[] = [];
  walk(file.program, (node) => {
    if (node.type === 'TSAnyKeyword')
      violations.push(violation(file, node.start, 'uses any: name the type, or unknown'));
    if (isDoubleCast(node) && !mayCastTwice(file.path)) {
      violations.push(violation(file, node.start, 'casts through unknown: check the value and narrow its type'));
    }
  });
  return violations;
}

function isDoubleCast(node: SyntaxNode): boolean {
  const inner = node.expression;
  if (node.type !== 'TSAsExpression' || !isSyntaxNode(inner) || inner.type !== 'TSAsExpression') return false;
  return isSyntaxNode(inner.typeAnnotation) && inner.typeAnnotation.type === 'TSUnknownKeyword';
}

/** Adapters meet untyped drivers, upcasters meet stored bytes, specs make what must not be. */
function mayCastTwice(path: string): boolean {
  return path.startsWith('libs/adapters/') || path === 'libs/domain/events/src/upcast.ts' || isSpec(path);
}

export function checkExports(file: SourceFile): readonly Violation[] {
  const violations: Violation[] = [];
  walk(file.program, (node) => {
    if (node.type !== 'ExportDefaultDeclaration') return;
    violations.push(violation(file, node.start, 'has a default export: name what it exports'));
  });
  return violations;
}
