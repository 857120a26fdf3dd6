import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { encodeBodyTemplate, renderBodyTemplate } from './body-template.ts';
import { type BodyParts, buildBody } from './mime.ts';
import { substitute, TagFinder } from './substitutions.ts';

/** As anybody would write it: one expression, the longest tag first. */
function naive(text: string, values: Readonly<Record<string, string>>): string {
  const tags = Object.keys(values).sort((a, b) => b.length - a.length);
  if (tags.length === 0) return text;
  const pattern = new RegExp(tags.map((tag) => tag.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'), 'g');
  return text.replace(pattern, (tag) => values[tag] ?? '');
}

const parts = (text: string, changes: Partial<BodyParts> = {}): BodyParts => ({
  alternatives: [{ type: 'text/plain', text }],
  attachments: [],
  boundarySeed: 'b0',
  ...changes,
});
const rendered = (body: BodyParts, values: Readonly<Record<string, string>>) =>
  Buffer.concat(renderBodyTemplate(encodeBodyTemplate(body), values)).toString('latin1');

describe('substitution', () => {
  it('takes the longest of overlapping tags, from left to right, and looks into no value', () => {
    assert.equal(substitute('-name- -namesake-', { '-name': 'A', '-name-': 'B', '-namesake-': 'C' }), 'B C');
    assert.equal(substitute('abc', { ab: 'x', bc: 'y' }), 'xc');
    assert.equal(substitute(':a', { ':a': ':b', ':b': ':a' }), ':b');
    assert.equal(substitute('aaa', { a: 'aa' }), 'aaaaaa');
  });

  it('puts nothing where a value is empty, and knows no tag it was not given', () => {
    assert.equal(substitute('Hi -name-!', { '-name-': '' }), 'Hi !');
    assert.equal(substitute('toString constructor __proto__', {}), 'toString constructor __proto__');
    assert.equal(substitute('$& %name%', { '%name%': '$&$1' }), '$& $&$1');
  });

  it('is what replacing the longest tags first would be, for any text and tags', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '-', 'ü', '😀', '\n'), maxLength: 60 });
    const tag = fc.string({ unit: fc.constantFrom('a', 'b', '-', 'ü', '😀'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(letters, fc.dictionary(tag, letters), (text, values) => {
        assert.equal(substitute(text, values), naive(text, values));
      }),
    );
  });

  it('finds the same without the tags that never matched', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
    const tags = fc.uniqueArray(fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(letters, tags, (text, all) => {
        const split = new TagFinder(all).split(text);
        const used = new Set(split.filter((_, i) => i % 2 === 1));
        assert.deepEqual(new TagFinder(used).split(text), split);
      }),
    );
  });
});

describe('a body template', () => {
  it('without values is the body, byte for byte', () => {
    const attachment = { type: 'a/b', filename: 'ä.bin', base64: 'AAAA', disposition: 'attachment' } as const;
    const inline = { ...attachment, disposition: 'inline', contentId: 'logo' } as const;
    for (const attachments of [[], [attachment], [inline], [inline, attachment]]) {
      for (const text of ['plain', 'groß', '日本語', 'x'.repeat(1200), '']) {
        const html = { type: 'text/html', text: `<p>${text}` };
        const body = parts(text, { attachments, alternatives: [{ type: 'text/plain', text }, html] });
        assert.equal(rendered(body, {}), Buffer.from(buildBody(body)).toString('latin1'));
      }
    }
  });

  it('with values is the body of the replaced texts, in the encoding those need', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', '-n-', 'ü', '語', '=', ' ', '\n', '\r\n.\r\n', 'x'.repeat(500)),
    });
    fc.assert(
      fc.property(text, text, (content, value) => {
        const values = { '-n-': value };
        const direct = buildBody(parts(substitute(content, values)));
        assert.equal(rendered(parts(content), values), Buffer.from(direct).toString('latin1'));
      }),
    );
  });

  it('replaces a tag that an encoding would have broken', () => {
    // Quoted-printable would put a soft line end into this tag, and encode its letters.
    const body = parts(`${'ü'.repeat(8)}${'x'.repeat(40)}%Größe%`);
    assert.doesNotMatch(rendered(body, { '%Größe%': 'XL' }), /%/);
  });

  it('leaves attachments as they are, whatever they hold', () => {
    const base64 = Buffer.from('-name-').toString('base64');
    const attachment = { type: 'text/plain', filename: '-name-.txt', base64, disposition: 'attachment' } as const;
    const mail = rendered(parts('-name-', { attachments: [attachment] }), { '-name-': 'Ann', [base64]: 'x' });
    assert.match(mail, /filename="-name-\.txt"/);
    assert.ok(mail.includes(base64));
    assert.match(mail, /\r\n\r\nAnn\r\n/);
  });

  it('that is none is told apart', () => {
    for (const bytes of ['', 'MIME-Version: 1.0\r\n', '{}\n', '\n']) {
      assert.throws(() => renderBodyTemplate(Buffer.from(bytes), {}), /SyntaxError|TypeError/);
    }
  });
});
