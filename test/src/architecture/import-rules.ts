import { CRYPTO_IN_SERVICES, PLACES, ZONES, type Zone } from './import-table.ts';
import { type Import, importsOf, packageFolder, packageOf, resolveRelative } from './imports.ts';
import { isSpec, isSyntaxNode, type SourceFile, type SyntaxNode, type Violation, violation } from './sources.ts';

export function zoneOf(path: string): Zone | undefined {
  return ZONES.find((zone) => zone.pattern.test(path));
}

/** Who may import whom. */
export function checkImports(file: SourceFile): readonly Violation[] {
  const zone = zoneOf(file.path);
  if (!zone) return [violation(file, 0, 'belongs to no zone: give its folder a row in import-table.ts')];
  return importsOf(file).flatMap((imported) => {
    const complaint = complain(file, zone, imported);
    return complaint === undefined ? [] : [violation(file, imported.at, complaint)];
  });
}

function complain(file: SourceFile, zone: Zone, { specifier }: Import): string | undefined {
  const name = packageOf(specifier);
  if (name === undefined) return relativeImport(file.path, zone, specifier);
  if (name.startsWith('@penstock/')) return ownPackage(file.path, zone, name.slice('@penstock/'.length));
  return outsidePackage(file.path, name);
}

const SERVICES = new Set(['ingest', 'scheduler', 'dispatcher', 'projector', 'standalone']);

function ownPackage(path: string, zone: Zone, name: string): string | undefined {
  if (zone.own.includes('*') || zone.own.includes(name)) return undefined;
  if (SERVICES.has(name)) {
    return path.startsWith(`services/${name}/`)
      ? `imports its own package: use a relative path`
      : `imports the service ${name}: services meet only in the log, compose them in services/standalone`;
  }
  return `${zone.name} may not import @penstock/${name}: put an interface in libs/ports or move what is needed`;
}

function outsidePackage(path: string, name: string): string | undefined {
  const places = PLACES[name];
  if (!places) return `imports ${name}, which has no place: add it to PLACES in import-table.ts, with one adapter`;
  if (places.some((place) => place.test(path))) return undefined;
  return `imports ${name}, which belongs elsewhere (PLACES in import-table.ts): use the port it stands behind`;
}

const SHELL = /(^|\/)(main|settings|[^/]+\.module)\.ts$/;

function relativeImport(path: string, zone: Zone, specifier: string): string | undefined {
  const target = resolveRelative(path, specifier);
  if (packageFolder(target) !== packageFolder(path)) return `imports ${specifier} of another package: use its name`;
  if (!/\.(ts|json)$/.test(specifier)) return `imports ${specifier} without its .ts ending: add it`;
  if (!isSpec(path) && isSpec(target)) return `imports the spec ${specifier}: move what is needed out of it`;
  const exempt = !zone.pure || path.endsWith('/src/index.ts');
  if (!exempt && path.startsWith('services/') && SHELL.test(target)) {
    return `imports the shell ${specifier}: pass what is needed as an argument`;
  }
  return undefined;
}

/** `node:crypto` in services serves fingerprints; what is random comes from the Random port. */
export function checkCryptoInServices(file: SourceFile): readonly Violation[] {
  if (!file.path.startsWith('services/') || !zoneOf(file.path)?.pure) return [];
  const body = file.program.body;
  const declarations = (Array.isArray(body) ? body.filter(isSyntaxNode) : []).filter(importsCrypto);
  return declarations.flatMap((declaration) => {
    const specifiers = declaration.specifiers as readonly { imported?: { name?: string } }[];
    return specifiers
      .map(({ imported }) => imported?.name ?? '*')
      .filter((name) => !CRYPTO_IN_SERVICES.has(name))
      .map((name) => violation(file, declaration.start, `takes ${name} from node:crypto: chance comes from Random`));
  });
}

function importsCrypto(node: SyntaxNode): boolean {
  return node.type === 'ImportDeclaration' && (node.source as { value?: unknown }).value === 'node:crypto';
}
