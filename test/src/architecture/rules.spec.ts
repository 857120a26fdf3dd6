/** Each rule on a small bad sample, and on a good one beside it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkCryptoInServices, checkImports } from './import-rules.ts';
import { checkLayout, checkPath, checkRegistryHosts } from './name-rules.ts';
import { checkGlobals, checkModuleState } from './purity-rules.ts';
import { parseSource, type Rule } from './sources.ts';
import {
  checkComments,
  checkExports,
  checkFileLength,
  checkFocusedTests,
  checkFunctionLength,
  checkTypes,
} from './tidy-rules.ts';
import { checkPackage, parsePackage } from './workspace-rules.ts';

const DOMAIN = 'libs/domain/mail/src/x.ts';
const CAPABILITY = 'services/ingest/src/accept/x.ts';

interface Sample {
  readonly rule: Rule;
  readonly path: string;
  readonly bad: string;
  readonly says: RegExp;
  readonly good: string;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  'domain may not import ports': {
    rule: checkImports,
    path: DOMAIN,
    bad: `import type { Clock } from '@penstock/ports';`,
    says: /domain may not import @penstock\/ports/,
    good: `import { derivedId } from '@penstock/events';`,
  },
  'domain may not import a builtin': {
    rule: checkImports,
    path: DOMAIN,
    bad: `import { readFileSync } from 'node:fs';`,
    says: /node:fs, which belongs elsewhere/,
    good: `import { sha256 } from '@noble/hashes/sha2.js';`,
  },
  'ports may import only events': {
    rule: checkImports,
    path: 'libs/ports/src/x.ts',
    bad: `export type { Policy } from '@penstock/policy';`,
    says: /ports may not import @penstock\/policy/,
    good: `export type { Fact } from '@penstock/events';`,
  },
  'a driver stays in its adapter': {
    rule: checkImports,
    path: 'libs/adapters/memory/src/x.ts',
    bad: `const sqlite = await import('node:sqlite');`,
    says: /node:sqlite, which belongs elsewhere/,
    good: `import type { EventLog } from '@penstock/ports';`,
  },
  'an unknown package has no place': {
    rule: checkImports,
    path: CAPABILITY,
    bad: `import left from 'left-pad';`,
    says: /left-pad, which has no place/,
    good: `import type { EventLog } from '@penstock/ports';`,
  },
  'services never import services': {
    rule: checkImports,
    path: CAPABILITY,
    bad: `import { createScheduler } from '@penstock/scheduler';`,
    says: /imports the service scheduler/,
    good: `import { ControlFollower } from '@penstock/control';`,
  },
  'capabilities do not know Nest': {
    rule: checkImports,
    path: CAPABILITY,
    bad: `import { Injectable } from '@nestjs/common';`,
    says: /@nestjs\/common, which belongs elsewhere/,
    good: `import { accept } from './accept.ts';`,
  },
  'capabilities do not know the shell': {
    rule: checkImports,
    path: CAPABILITY,
    bad: `import { settings } from '../settings.ts';`,
    says: /imports the shell/,
    good: `import { accept } from '../accept.ts';`,
  },
  'controllers do not know adapters': {
    rule: checkImports,
    path: 'services/ingest/src/mail.controller.ts',
    bad: `import { systemClock } from '@penstock/adapter-system';`,
    says: /a controller may not import/,
    good: `import { Controller } from '@nestjs/common';`,
  },
  'relative imports stay in their package': {
    rule: checkImports,
    path: DOMAIN,
    bad: `import { x } from '../../events/src/ids.ts';`,
    says: /of another package/,
    good: `import { x } from './ids.ts';`,
  },
  'source does not import specs': {
    rule: checkImports,
    path: DOMAIN,
    bad: `import { x } from './ids.spec.ts';`,
    says: /imports the spec/,
    good: `import { x } from './ids.ts';`,
  },
  'services take no chance from node:crypto': {
    rule: checkCryptoInServices,
    path: CAPABILITY,
    bad: `import { randomUUID } from 'node:crypto';`,
    says: /takes randomUUID/,
    good: `import { createHmac } from 'node:crypto';`,
  },
  'domain does not read the clock': {
    rule: checkGlobals,
    path: DOMAIN,
    bad: 'export const f = () => Date.now();',
    says: /Date\.now: take the time from Clock/,
    good: 'export const f = (now: number) => new Date(now);',
  },
  'domain does not make the present': {
    rule: checkGlobals,
    path: DOMAIN,
    bad: 'export const f = () => new Date();',
    says: /new Date\(\) without a time/,
    good: 'export const f = () => new Date(0);',
  },
  'services do not wait by themselves': {
    rule: checkGlobals,
    path: CAPABILITY,
    bad: 'setTimeout(() => {}, 5);',
    says: /wait through Timers/,
    good: 'timers.after(5, () => {});',
  },
  'services do not read the environment': {
    rule: checkGlobals,
    path: CAPABILITY,
    bad: 'export const port = () => process.env.PORT;',
    says: /reads process/,
    good: 'export const port = (settings: { port: string }) => settings.port;',
  },
  'modules keep no variable': {
    rule: checkModuleState,
    path: CAPABILITY,
    bad: 'export let counter = 0;',
    says: /keeps state in the module/,
    good: 'export const LIMIT = 5;',
  },
  'modules keep no collection to fill': {
    rule: checkModuleState,
    path: CAPABILITY,
    bad: 'const seen = new Map<string, number>();',
    says: /keeps state in the module/,
    good: `const WORDS = new Set(['a']);`,
  },
  'files have an end': {
    rule: checkFileLength,
    path: DOMAIN,
    bad: '\n'.repeat(301),
    says: /301 lines, 300 at most/,
    good: '\n'.repeat(300),
  },
  'functions have an end': {
    rule: checkFunctionLength,
    path: DOMAIN,
    bad: `function f() {${'\n'.repeat(60)}}`,
    says: /61 lines, 60 at most/,
    good: `function f() {${'\n'.repeat(59)}}`,
  },
  'tests are not singled out': {
    rule: checkFocusedTests,
    path: DOMAIN,
    bad: `test.only('x', () => {});`,
    says: /marked only/,
    good: `test('x', () => {});`,
  },
  'tests are not switched off by an option': {
    rule: checkFocusedTests,
    path: DOMAIN,
    bad: `it('x', { skip: true }, () => {});`,
    says: /marked skip/,
    good: `it('x', { timeout: 5 }, () => {});`,
  },
  'notes are not left behind': {
    rule: checkComments,
    path: DOMAIN,
    bad: `// ${'TO'}DO later`,
    says: /leftover note/,
    good: '// Later than the deadline: nothing to do.',
  },
  'the compiler is not silenced': {
    rule: checkComments,
    path: DOMAIN,
    bad: '// @ts-ignore',
    says: /silences the compiler/,
    good: '// Ignored on purpose.',
  },
  'any is no type': {
    rule: checkTypes,
    path: DOMAIN,
    bad: 'export const f = (x: any) => x;',
    says: /uses any/,
    good: 'export const f = (x: unknown) => x;',
  },
  'casts do not go through unknown': {
    rule: checkTypes,
    path: DOMAIN,
    bad: 'export const f = (x: string) => x as unknown as number;',
    says: /casts through unknown/,
    good: 'export const f = (x: unknown) => x as number;',
  },
  'exports have names': {
    rule: checkExports,
    path: DOMAIN,
    bad: 'export default 5;',
    says: /default export/,
    good: 'export const five = 5;',
  },
};

for (const [title, { rule, path, bad, says, good }] of Object.entries(SAMPLES)) {
  test(title, () => {
    const found = rule(parseSource(path, bad)).map(({ message }) => message);
    assert.match(found.join('\n'), says);
    assert.deepEqual(rule(parseSource(path, good)), []);
  });
}

describe('names', () => {
  test('folders called helpers are found', () => {
    assert.match(checkPath('libs/cli/src/helpers/x.ts')[0]?.message ?? '', /called helpers/);
    assert.deepEqual(checkPath('libs/cli/src/send/x.ts'), []);
  });

  test('file names that are not kebab-case are found', () => {
    assert.match(checkPath('libs/cli/src/sendMail.ts')[0]?.message ?? '', /kebab-case/);
    assert.deepEqual(checkPath('libs/cli/src/send-mail.spec.ts'), []);
  });

  test('registry hosts are found wherever they stand', () => {
    const host = ['registry', 'npmjs', 'org'].join('.');
    assert.equal(checkRegistryHosts('package-lock.json', `{}\n"https://${host}/x"`)[0]?.line, 2);
    assert.deepEqual(checkRegistryHosts('README.md', 'npm install'), []);
  });

  test('folders and services nobody decided on are found', () => {
    const fixed = ['nx.json', 'package.json', 'libs/ports/x', 'services/ingest/x'];
    assert.deepEqual(checkLayout(fixed), []);
    assert.equal(checkLayout([...fixed, 'tools/x', 'services/mailer/x']).length, 2);
    assert.equal(checkLayout(['package.json']).length, 1);
  });
});

describe('manifests', () => {
  const check = (manifest: object, references: readonly string[], source: string): readonly string[] => {
    const sources = [parseSource('libs/cli/src/x.ts', source)];
    const tsconfig = JSON.stringify({ references: references.map((path) => ({ path })) });
    const pack = parsePackage('libs/cli', JSON.stringify({ name: '@penstock/cli', ...manifest }), tsconfig, sources);
    return checkPackage(pack, new Map([['@penstock/events', 'libs/domain/events']])).map(({ message }) => message);
  };
  const events = { dependencies: { '@penstock/events': '0.1.0' } };
  const importing = `import { derivedId } from '@penstock/events';`;

  test('a manifest that says what is imported is right', () => {
    assert.deepEqual(check(events, ['../domain/events'], importing), []);
  });

  test('what is imported must be declared, and the reverse', () => {
    assert.match(check({}, [], importing)[0] ?? '', /without declaring it/);
    assert.match(check(events, ['../domain/events'], '')[0] ?? '', /never imports it/);
  });

  test('project references follow the manifest', () => {
    assert.match(check(events, [], importing)[0] ?? '', /does not refer to libs\/domain\/events/);
    assert.match(check({}, ['../ports'], '')[0] ?? '', /refers to libs\/ports/);
  });

  test('what runs is no development dependency, and versions are exact', () => {
    const dev = { devDependencies: { '@penstock/events': '^0.1.0' } };
    assert.match(check(dev, ['../domain/events'], importing).join('\n'), /at run time[\s\S]*pin the exact version/);
  });
});
