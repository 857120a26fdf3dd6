import { zoneOf } from './import-rules.ts';
import { isSyntaxNode, type SourceFile, type SyntaxNode, type Violation, violation, walk } from './sources.ts';

const BANNED_MEMBERS: Readonly<Record<string, string>> = {
  'Date.now': 'take the time from Clock, or as an argument',
  'Math.random': 'take chance from Random',
  'performance.now': 'take the time from Clock.monotonic',
  'crypto.randomUUID': 'take chance from Random',
  'crypto.getRandomValues': 'take chance from Random',
};

const BANNED_CALLS: Readonly<Record<string, string>> = {
  setTimeout: 'wait through Timers',
  setInterval: 'wait through Timers',
  setImmediate: 'wait through Timers',
  fetch: 'reach outside through a port',
};

/** Time, chance, environment and timers reach pure code only through ports and arguments. */
export function checkGlobals(file: SourceFile): readonly Violation[] {
  if (!zoneOf(file.path)?.pure) return [];
  const violations: Violation[] = [];
  walk(file.program, (node) => {
    const banned = bannedMember(node) ?? bannedCall(node) ?? bannedDate(node);
    if (banned !== undefined) violations.push(violation(file, node.start, banned));
  });
  return violations;
}

function bannedMember(node: SyntaxNode): string | undefined {
  if (node.type !== 'MemberExpression') return undefined;
  const object = identifier(node.object);
  if (object === 'process') return 'reads process: take what is needed as an argument from the shell';
  if (object === 'globalThis') return 'reads globalThis: take what is needed as an argument';
  const name = `${object}.${identifier(node.property)}`;
  const advice = BANNED_MEMBERS[name];
  return advice && `uses ${name}: ${advice}`;
}

function bannedCall(node: SyntaxNode): string | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const name = identifier(node.callee) ?? '';
  const advice = Object.hasOwn(BANNED_CALLS, name) ? BANNED_CALLS[name] : undefined;
  return advice && `calls ${name}: ${advice}`;
}

function bannedDate(node: SyntaxNode): string | undefined {
  if (node.type !== 'NewExpression' || identifier(node.callee) !== 'Date') return undefined;
  const args = node.arguments as readonly unknown[];
  return args.length === 0 ? 'calls new Date() without a time: take the time from Clock' : undefined;
}

function identifier(node: unknown): string | undefined {
  return isSyntaxNode(node) && node.type === 'Identifier' ? String(node.name) : undefined;
}

const EMPTY_COLLECTIONS = new Set(['Map', 'Set', 'WeakMap', 'WeakSet']);

/** Two instances of a service live in one process in the simulation: they may share nothing that changes. */
export function checkModuleState(file: SourceFile): readonly Violation[] {
  if (!zoneOf(file.path)?.pure) return [];
  const body = file.program.body;
  const statements = (Array.isArray(body) ? body : []).filter(isSyntaxNode).map(declarationOf);
  return statements
    .filter((node) => node.type === 'VariableDeclaration' && isMutable(node))
    .map((node) => violation(file, node.start, 'keeps state in the module: make it a field of what owns it'));
}

function declarationOf(node: SyntaxNode): SyntaxNode {
  const declaration = node.declaration;
  return node.type === 'ExportNamedDeclaration' && isSyntaxNode(declaration) ? declaration : node;
}

function isMutable(declaration: SyntaxNode): boolean {
  if (declaration.kind !== 'const') return true;
  const declarators = declaration.declarations as readonly SyntaxNode[];
  return declarators.some(({ init }) => isSyntaxNode(init) && isEmptyCollection(init));
}

function isEmptyCollection(init: SyntaxNode): boolean {
  if (init.type !== 'NewExpression' || !EMPTY_COLLECTIONS.has(identifier(init.callee) ?? '')) return false;
  return (init.arguments as readonly unknown[]).length === 0;
}
