import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classifyReply } from './classify-reply.ts';
import { parseReply } from './parse-reply.ts';
import { PROVIDER_RULES } from './providers/provider-rules.ts';
import { meaningOf, type ReplyRule } from './reply-rule.ts';
import { OTHER_WORDS, PLAIN_WORDS, VAGUE_WORDS } from './wording/wording-rules.ts';

const WORDS: readonly ReplyRule[] = [...PLAIN_WORDS, ...OTHER_WORDS, ...VAGUE_WORDS];
const EVERY_RULE: readonly ReplyRule[] = [...PROVIDER_RULES.flatMap(({ rules }) => rules), ...WORDS];

const understood = (line: string, provider?: string, host?: string) =>
  classifyReply(parseReply([line]), { phase: 'final_dot', provider, host });

for (const { names, rules } of PROVIDER_RULES) {
  test(`each rule of ${names[0]} is understood from the text it was made from`, () => {
    for (const rule of rules) {
      const { cause, scope, disposition } = meaningOf(rule);
      for (const provider of names) {
        const { rule: name = '', ...verdict } = understood(rule.sample, provider);
        assert.deepEqual(verdict, { cause, scope, disposition, confidence: 1 }, rule.sample);
        if (ownRules(names[0]).includes(rule)) assert.equal(name, rule.name);
      }
    }
  });
}

/** Those that bear the provider's name; the others it shares. */
function ownRules(name: string | undefined): readonly ReplyRule[] {
  const own = PROVIDER_RULES.find(({ names }) => names[0] === name)?.rules ?? [];
  const family = own[0]?.name.split('-')[0];
  return own.filter((rule) => rule.name.startsWith(`${family}-`));
}

test("a provider's rule speaks for that provider only, named by the policy or known by its hosts", () => {
  const line = '421 4.7.0 [TSS04] Messages deferred';
  assert.equal(understood(line, 'yahoo').rule, 'yahoo-tss04');
  assert.equal(understood(line, 'AOL').rule, 'yahoo-tss04');
  assert.notEqual(understood(line, 'gmail').rule, 'yahoo-tss04');
  assert.equal(understood(line, undefined, 'mta5.am0.yahoodns.net').rule, 'yahoo-tss04');
  assert.equal(understood(line, 'big-mail', 'MTA5.am0.yahoodns.net.').rule, 'yahoo-tss04');
  assert.notEqual(understood(line, 'gmail', 'mta5.am0.yahoodns.net').rule, 'yahoo-tss04');
  assert.notEqual(understood(line, undefined, 'yahoodns.net.example').rule, 'yahoo-tss04');
});

test('names are unique, every pattern ignores case and keeps no state', () => {
  const unique = new Set(EVERY_RULE);
  assert.equal(new Set([...unique].map(({ name }) => name)).size, unique.size);
  for (const { name, pattern } of unique) assert.equal(pattern.flags, 'i', name);
});

test('a block of the sending address is cause blocked with scope source, and nothing else is', () => {
  for (const rule of EVERY_RULE) {
    const { cause, scope } = meaningOf(rule);
    if (cause === 'blocked') assert.equal(scope, 'source', rule.name);
    if (scope === 'source') assert.ok(['blocked', 'reverse_dns', 'policy'].includes(cause), rule.name);
  }
});

test('no pattern can be made to backtrack without bound', () => {
  for (const { name, pattern } of EVERY_RULE) assert.deepEqual(dangersOf(pattern.source), [], name);
  assert.deepEqual(dangersOf('(?:a+)+b'), ['a repetition inside a repetition']);
  assert.deepEqual(dangersOf('(?:a|b*){2,}c'), ['a repetition inside a repetition']);
  assert.deepEqual(dangersOf('a.*b.*c.*d'), ['3 unbounded repetitions']);
  assert.deepEqual(dangersOf('(a)\\1'), ['a back-reference']);
});

/**
 * With no back-reference, no unbounded repetition inside a repeated group, and at most two unbounded repetitions one
 * after the other, matching a line of n characters takes at most on the order of n³ steps with n at most 1,100; what
 * the rules have in fact, one, takes n².
 */
function dangersOf(source: string): readonly string[] {
  const dangers = new Set<string>();
  const plain = source.replace(/\\(.)/g, (_, escaped: string) => {
    if (/[1-9k]/.test(escaped)) dangers.add('a back-reference');
    return 'x';
  });
  const text = plain.replace(/\[[^\]]*\]/g, 'x');
  const unbounded = /[*+]|\{\d+,\}/g;
  for (const [, inner = ''] of text.matchAll(/\(([^()]*)\)(?:[*+]|\{\d+,\})/g)) {
    if (unbounded.test(inner)) dangers.add('a repetition inside a repetition');
    unbounded.lastIndex = 0;
  }
  for (const alternative of text.split('|')) {
    const count = alternative.match(unbounded)?.length ?? 0;
    if (count > 2) dangers.add(`${count} unbounded repetitions`);
  }
  return [...dangers];
}

test('a hostile reply is understood like any other', () => {
  const words = [...new Set(EVERY_RULE.flatMap(({ sample }) => sample.split(' ')))];
  const piece = fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 5 }), fc.constantFrom('.', ' ', 'a', '-'));
  const hostile = fc.tuple(fc.array(piece, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 20_000 }));
  const provider = fc.constantFrom(undefined, ...PROVIDER_RULES.map(({ names }) => names[0]));
  fc.assert(
    fc.property(fc.integer({ min: 400, max: 599 }), hostile, provider, (code, [pieces, length], name) => {
      const unit = pieces.join(' ');
      const text = unit.repeat(Math.ceil(length / Math.max(1, unit.length))).slice(0, length);
      const raw = classifyReply({ code, text }, { phase: 'rcpt', provider: name });
      const parsed = understood(`${code} ${text}`, name);
      assert.ok(raw.confidence > 0 && parsed.confidence > 0);
    }),
    { numRuns: 60 },
  );
});
