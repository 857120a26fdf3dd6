/** The record types of the log as their source declares them: which topic holds which, in whose words. */
import {
  isSyntaxNode,
  parseSource,
  readText,
  repositoryFiles,
  type SourceFile,
  type SyntaxNode,
  walk,
} from '../architecture/sources.ts';

/** A type as it is written, with the comment above it. */
export interface Declaration {
  readonly name: string;
  /** The comment's sentences, in one line; empty where there is none. */
  readonly description: string;
  /** Without `export`. */
  readonly text: string;
  /** Names of the declared types it mentions. */
  readonly mentions: readonly string[];
}

export interface RecordDeclaration extends Declaration {
  /** The record's `type`. */
  readonly type: string;
}

export interface TopicDeclaration {
  readonly topic: string;
  readonly records: readonly RecordDeclaration[];
}

interface Parsed extends Declaration {
  readonly node: SyntaxNode;
}

const FOLDER = 'libs/domain/events/src';
const DECLARED = new Set(['TSTypeAliasDeclaration', 'TSInterfaceDeclaration']);

export class RecordDeclarations {
  private readonly all = new Map<string, Parsed>();

  constructor() {
    const files = repositoryFiles(FOLDER).filter((path) => /^[^/]+\.ts$/.test(path.slice(FOLDER.length + 1)));
    for (const path of files.filter((path) => !path.endsWith('.spec.ts'))) {
      for (const declared of declarations(parseSource(path, readText(path)))) this.all.set(declared.name, declared);
    }
  }

  get(name: string): Declaration | undefined {
    return this.all.get(name);
  }

  /** As `TopicRecords` says. */
  topics(): readonly TopicDeclaration[] {
    const { node } = this.known('TopicRecords');
    const members = nodes(child(node, 'body')?.body);
    return members.map((member) => ({
      topic: String(child(member, 'key')?.value),
      records: this.records(typeName(child(child(member, 'typeAnnotation'), 'typeAnnotation'))),
    }));
  }

  private records(name: string): readonly RecordDeclaration[] {
    const declared = this.known(name);
    const type = child(declared.node, 'typeAnnotation');
    if (type?.type === 'TSUnionType') return nodes(type.types).flatMap((member) => this.records(typeName(member)));
    const [literal] = nodes(child(type, 'typeArguments')?.params);
    return [{ ...declared, type: String(child(literal, 'literal')?.value) }];
  }

  private known(name: string): Parsed {
    const declared = this.all.get(name);
    if (!declared) throw new Error(`${FOLDER} declares no ${name}`);
    return declared;
  }
}

function declarations(file: SourceFile): readonly Parsed[] {
  return nodes(file.program.body).flatMap((statement) => {
    const node = child(statement, 'declaration');
    if (!node || !DECLARED.has(node.type)) return [];
    const name = String(child(node, 'id')?.name);
    const text = file.text.slice(node.start, node.end);
    return [{ name, node, text, description: commentAbove(file, statement.start), mentions: mentioned(node) }];
  });
}

function commentAbove({ text, comments }: SourceFile, start: number): string {
  const above = comments.findLast((comment) => comment.start < start);
  if (!above) return '';
  // Nothing but white space between the end of the comment and what it stands above.
  const end = text.indexOf('*/', above.start) + 2;
  if (end < 2 || text.slice(end, start).trim() !== '') return '';
  return above.value
    .replace(/^\*|\n\s*\*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}

function mentioned(node: SyntaxNode): readonly string[] {
  const names = new Set<string>();
  walk(node, (below) => {
    if (below.type === 'TSTypeReference') names.add(typeName(below));
    if (below.type === 'TSInterfaceHeritage') names.add(String(child(below, 'expression')?.name));
  });
  return [...names];
}

function typeName(node: SyntaxNode | undefined): string {
  return String(child(node, 'typeName')?.name);
}

function child(node: SyntaxNode | undefined, key: string): SyntaxNode | undefined {
  const value = node?.[key];
  return isSyntaxNode(value) ? value : undefined;
}

function nodes(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isSyntaxNode) : [];
}
