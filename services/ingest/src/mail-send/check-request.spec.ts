/** Every rule of the request body: what is refused, under which field, in whose words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { mailBody, NOW } from '../ingest-rig.spec.ts';
import { type CheckedRequest, checkRequest, type MailSendRequest } from './check-request.ts';
import { OWN_TEXTS, SENDGRID_TEXTS as SG, SENDGRID_TEXTS_WITH as SG_WITH } from './error-texts.ts';
import type { Problem } from './problems.ts';
import { ENABLE_TEXTS } from './setting-blocks.ts';

const check = (body: unknown): CheckedRequest => checkRequest(body, { nowMs: NOW, isPool: (name) => name === 'news' });

function accepted(changes: Readonly<Record<string, unknown>>): MailSendRequest {
  const checked = check(mailBody(changes));
  assert.ok(checked.ok, JSON.stringify(checked));
  return checked.request;
}

function problems(body: unknown): readonly Problem[] {
  const checked = check(body);
  assert.ok(!checked.ok, 'the request was accepted');
  return checked.problems;
}

const to = [{ email: 'ann@example.org' }];
const one = (changes: Readonly<Record<string, unknown>>) => ({ personalizations: [{ to, ...changes }] });
const people = (count: number) => Array.from({ length: count }, (_, i) => ({ email: `r${i}@example.org` }));
const LONG = 't'.repeat(101);
const plain = (value: string) => [{ type: 'text/plain', value }];
const attachment = { content: 'AAAA', filename: 'a.pdf' };
const seconds = (ms: number) => Math.floor(ms / 1000);
const HOUR = 3_600_000;

type Row = readonly [changes: Readonly<Record<string, unknown>>, field: string | null, message: string];

const REFUSED: readonly Row[] = [
  [{ personalizations: undefined }, 'personalizations', SG.noPersonalization],
  [{ personalizations: [] }, 'personalizations', SG.noPersonalization],
  [{ personalizations: {} }, 'personalizations', OWN_TEXTS.personalizations],
  [{ personalizations: ['x'] }, 'personalizations.0', OWN_TEXTS.personalizations],
  [{ personalizations: Array(1001).fill({ to }) }, 'personalizations', SG_WITH.tooManyPersonalizations(1001)],
  [one({ to: people(1001) }), 'personalizations', SG.tooManyRecipients],
  [one({ to: people(500), cc: people(500), bcc: people(1) }), 'personalizations', SG.tooManyRecipients],
  [one({ to: undefined }), 'personalizations.0.to', SG.toRequired],
  [one({ to: [] }), 'personalizations.0.to', SG.toRequired],
  [one({ to: 'ann@example.org' }), 'personalizations.0.to', SG.to],
  [one({ to: [{}] }), 'personalizations.0.to.0.email', SG.to],
  [one({ to: ['ann@example.org'] }), 'personalizations.0.to.0', SG.to],
  [one({ to: [...to, { email: 'nobody' }] }), 'personalizations.0.to.1.email', SG.to],
  [one({ to: [{ email: 7 }] }), 'personalizations.0.to.0.email', SG.to],
  [one({ to: [{ email: 'ann@example.org', name: 7 }] }), 'personalizations.0.to.0.name', OWN_TEXTS.name],
  [one({ cc: [{ email: '' }] }), 'personalizations.0.cc.0.email', SG.cc],
  [one({ bcc: [{ email: 'a@' }] }), 'personalizations.0.bcc.0.email', SG.bcc],
  [
    one({ to: [...to, { email: 'ANN@example.org' }] }),
    'personalizations.0.to.1.email',
    SG_WITH.duplicateAddress('ANN@example.org'),
  ],
  [one({ cc: to }), 'personalizations.0.cc.0.email', SG_WITH.duplicateAddress('ann@example.org')],
  [one({ bcc: to }), 'personalizations.0.bcc.0.email', SG_WITH.duplicateAddress('ann@example.org')],
  [one({ subject: '' }), 'personalizations.0.subject', SG.subject],
  [one({ subject: 7 }), 'personalizations.0.subject', SG.subject],
  [{ subject: '' }, 'subject', SG.subject],
  [{ subject: null }, 'subject', SG.subject],
  [{ subject: undefined }, 'personalizations.0.subject', SG.subjectRequired],
  [{ from: undefined }, 'from', SG.fromRequired],
  [{ from: 'shop@example.com' }, 'from', SG.from],
  [{ from: { email: 'shop' } }, 'from.email', SG.from],
  [{ from: { name: 'Shop' } }, 'from.email', SG.from],
  [{ reply_to: {} }, 'reply_to.email', SG.replyTo],
  [{ reply_to_list: [] }, 'reply_to_list', OWN_TEXTS.replyToList],
  [{ reply_to_list: people(1001) }, 'reply_to_list', OWN_TEXTS.replyToList],
  [{ reply_to_list: [{ email: 'x' }] }, 'reply_to_list.0.email', SG.replyTo],
  [{ reply_to: to[0], reply_to_list: to }, 'reply_to_list', OWN_TEXTS.replyToBoth],
  [{ content: undefined }, 'content', SG.contentRequired],
  [{ content: [] }, 'content', SG.contentEmpty],
  [{ content: 'Hi' }, 'content', SG.contentEmpty],
  [{ content: ['Hi'] }, 'content.0', SG.contentEmpty],
  [{ content: [{ value: 'Hi' }] }, 'content.0.type', SG.contentTypeRequired],
  [{ content: [{ type: '', value: 'Hi' }] }, 'content.0.type', SG.contentType],
  [{ content: [{ type: 'text/html; charset=x', value: 'Hi' }] }, 'content.0.type', SG.contentTypeUnsafe],
  [{ content: [{ type: 'html', value: 'Hi' }] }, 'content.0.type', OWN_TEXTS.mediaType],
  [{ content: [{ type: 'multipart/mixed', value: 'Hi' }] }, 'content.0.type', OWN_TEXTS.mediaType],
  [{ content: [{ type: 'text/plain' }] }, 'content.0.value', SG.contentValueRequired],
  [{ content: [{ type: 'text/plain', value: '' }] }, 'content.0.value', SG.contentValue],
  [
    {
      content: [
        { type: 'text/html', value: 'a' },
        { type: 'text/plain', value: 'b' },
      ],
    },
    'content',
    SG.contentOrder,
  ],
  [
    {
      content: [
        { type: 'text/calendar', value: 'a' },
        { type: 'text/html', value: 'b' },
      ],
    },
    'content',
    SG.contentOrder,
  ],
  [{ attachments: {} }, 'attachments', OWN_TEXTS.attachments],
  [{ attachments: [7] }, 'attachments.0', OWN_TEXTS.attachments],
  [{ attachments: [{ ...attachment, content: undefined }] }, 'attachments.0.content', SG.attachmentContent],
  [{ attachments: [{ ...attachment, content: '' }] }, 'attachments.0.content', SG.attachmentContent],
  [{ attachments: [{ ...attachment, content: 'not base64!' }] }, 'attachments.0.content', SG.attachmentBase64],
  [{ attachments: [{ content: 'AAAA' }] }, 'attachments.0.filename', SG.filenameRequired],
  [{ attachments: [{ ...attachment, filename: 7 }] }, 'attachments.0.filename', SG.filename],
  [{ attachments: [{ ...attachment, type: '' }] }, 'attachments.0.type', SG.attachmentType],
  [{ attachments: [{ ...attachment, type: 'a/b;c' }] }, 'attachments.0.type', SG.attachmentTypeUnsafe],
  [{ attachments: [{ ...attachment, type: 'message/rfc822' }] }, 'attachments.0.type', OWN_TEXTS.mediaType],
  [
    { attachments: [{ ...attachment, disposition: 'beside' }] },
    'attachments.0.disposition',
    SG_WITH.disposition('beside'),
  ],
  [{ attachments: [{ ...attachment, content_id: 7 }] }, 'attachments.0.content_id', SG_WITH.contentId('7')],
  [{ attachments: [{ ...attachment, content_id: 'a>b' }] }, 'attachments.0.content_id', OWN_TEXTS.contentIdText],
  [{ headers: [] }, 'headers', OWN_TEXTS.headers],
  [{ headers: null }, 'headers', OWN_TEXTS.headers],
  [one({ headers: null }), 'personalizations.0.headers', OWN_TEXTS.headers],
  [{ headers: { 'X-A': 7 } }, 'headers.X-A', SG.headerValues],
  [{ headers: { 'X A': 'b' } }, 'headers', SG.headerName],
  [{ headers: { 'X-Ü': 'b' } }, 'headers', SG.headerName],
  [{ headers: { 'X-A:': 'b' } }, 'headers', SG.headerName],
  [{ headers: { 'X-A': 'b', 'x-a': 'c' } }, 'headers.x-a', SG.headerDuplicate],
  [one({ headers: { 'X-A': 7 } }), 'personalizations.0.headers.X-A', SG.headerValues],
  [{ categories: 'news' }, 'categories', SG.categories],
  [{ categories: ['news', 7] }, 'categories', SG.categories],
  [{ categories: Array.from({ length: 11 }, (_, i) => `c${i}`) }, 'categories', SG_WITH.tooManyCategories(11)],
  [{ categories: ['c'.repeat(256)] }, 'categories.0', SG_WITH.categoryTooLong(`${'c'.repeat(200)}…`)],
  [{ categories: ['é'] }, 'categories.0', SG.categoriesAscii],
  [{ categories: ['a', 'a'] }, 'categories.1', SG_WITH.duplicateCategory('a')],
  [one({ substitutions: [] }), 'personalizations.0.substitutions', SG.substitutions],
  [one({ substitutions: { a: 7 } }), 'personalizations.0.substitutions', SG.substitutions],
  [one({ substitutions: { '': 'x' } }), 'personalizations.0.substitutions', OWN_TEXTS.substitutionTag],
  [one({ substitutions: { [LONG]: 'x' } }), 'personalizations.0.substitutions', OWN_TEXTS.substitutionTag],
  [one({ substitutions: { a: 'x'.repeat(9_995) } }), 'personalizations.0.substitutions', OWN_TEXTS.substitutionsSize],
  [one({ substitutions: { a: 'x\0' } }), 'personalizations.0.substitutions.a', OWN_TEXTS.contentText],
  [one({ substitutions: { a: '\ud800' } }), 'personalizations.0.substitutions.a', OWN_TEXTS.contentText],
  ...['\r', '\n', '\r\nBcc: v@example.org', '\u2028', '\t'].map(
    (value): Row => [
      one({ subject: 'Hi -n-', substitutions: { '-n-': value } }),
      'personalizations.0.substitutions',
      OWN_TEXTS.substitutedControls,
    ],
  ),
  [
    { headers: { 'X-A': '-n-' }, ...one({ substitutions: { '-n-': 'a\r\nX-B: c' } }) },
    'personalizations.0.substitutions',
    OWN_TEXTS.substitutedControls,
  ],
  [
    one({ subject: '-n-'.repeat(3), substitutions: { '-n-': 'x'.repeat(9_000) } }),
    'personalizations.0.substitutions',
    OWN_TEXTS.substitutedTooLong,
  ],
  [
    { content: plain('-n-'.repeat(10_000)), ...one({ substitutions: { '-n-': 'x'.repeat(9_000) } }) },
    'personalizations.0.substitutions',
    OWN_TEXTS.substitutedTooLong,
  ],
  [
    { content: plain('-n-'.repeat(400_000)), ...one({ substitutions: { '-n-': 'x' } }) },
    'content',
    OWN_TEXTS.templateTooLong,
  ],
  [
    {
      content: plain('x'.repeat(900_000)),
      personalizations: people(100).map((person, i) => ({ to: [person], substitutions: { [`-${i}-`]: 'x' } })),
    },
    'personalizations',
    OWN_TEXTS.substitutionSets,
  ],
  [{ content: plain('a\0b') }, 'content.0.value', OWN_TEXTS.contentText],
  [{ content: plain('a\ud800b') }, 'content.0.value', OWN_TEXTS.contentText],
  [{ custom_args: [] }, 'custom_args', OWN_TEXTS.customArgsObject],
  [{ custom_args: { a: 7 } }, 'custom_args.a', SG.customArgs],
  [one({ custom_args: {} }), 'personalizations.0.custom_args', SG.customArgsEmpty],
  [{ custom_args: { a: 'x'.repeat(9_995) } }, 'personalizations.0.custom_args', SG.customArgsSize],
  [
    { custom_args: { a: 'x'.repeat(5_000) }, ...one({ custom_args: { b: 'x'.repeat(5_000) } }) },
    'personalizations.0.custom_args',
    SG.customArgsSize,
  ],
  [{ send_at: 'tomorrow' }, 'send_at', SG.sendAt],
  [{ send_at: 1.5 }, 'send_at', SG.sendAt],
  [{ send_at: seconds(NOW + 72 * HOUR) + 1 }, 'send_at', SG.sendAtHorizon],
  [one({ send_at: seconds(NOW + 73 * HOUR) }), 'personalizations.0.send_at', SG.sendAtHorizon],
  [{ ip_pool_name: 7 }, 'ip_pool_name', SG.poolName],
  [{ ip_pool_name: 'n' }, 'ip_pool_name', OWN_TEXTS.poolLength],
  [{ ip_pool_name: 'n'.repeat(65) }, 'ip_pool_name', OWN_TEXTS.poolLength],
  [{ ip_pool_name: 'unknown' }, 'ip_pool_name', SG_WITH.unknownPool('unknown')],
  [{ mail_settings: true }, 'mail_settings', OWN_TEXTS.settingsObject],
  [{ mail_settings: { footer: true } }, 'mail_settings.footer', OWN_TEXTS.settingsObject],
  ...Object.entries(ENABLE_TEXTS).map(([field, text]): Row => {
    const [block = '', setting = '', name = ''] = field.split('.');
    return [{ [block]: { [setting]: { [name]: 'yes' } } }, field, text];
  }),
];

const RESERVED =
  'x-sg-id x-sg-eid Received DKIM-Signature Content-Type Content-Transfer-Encoding To From Subject Reply-To CC BCC MIME-Version Content-Disposition X-SMTPAPI Resent-Bcc Return-Path';

const NOT_SUPPORTED: readonly Readonly<Record<string, unknown>>[] = [
  { template_id: 'd-1' },
  { asm: { group_id: 1 } },
  { batch_id: 'b' },
  { sections: {} },
  { substitutions: {} },
  one({ dynamic_template_data: {} }),
  one({ from: { email: 'a@example.org' } }),
  { mail_settings: { footer: { enable: true, text: 'x' } } },
  { tracking_settings: { click_tracking: { enable: true } } },
  { tracking_settings: { open_tracking: { enable: true } } },
  { tracking_settings: { subscription_tracking: { enable: true } } },
  { tracking_settings: { ganalytics: { enable: true } } },
];

describe('a mail/send body', () => {
  for (const body of [undefined, null, 'x', 7, [], [mailBody()]]) {
    it(`that is ${JSON.stringify(body)?.slice(0, 10)} is refused`, () => {
      assert.deepEqual(problems(body), [{ message: OWN_TEXTS.notAnObject, field: null, help: null }]);
    });
  }

  for (const [changes, field, message] of REFUSED) {
    it(`with ${JSON.stringify(changes).slice(0, 70)} is refused at ${field}`, () => {
      const found = problems(mailBody(changes)).find((problem) => problem.field === field);
      assert.deepEqual(found, { message, field, help: null });
    });
  }

  for (const name of RESERVED.split(' ')) {
    it(`may not set the header ${name}`, () => {
      assert.equal(problems(mailBody({ headers: { [name]: 'x' } }))[0]?.message, SG.headerReserved);
      assert.equal(problems(mailBody(one({ headers: { [name.toLowerCase()]: 'x' } })))[0]?.message, SG.headerReserved);
    });
  }

  for (const changes of NOT_SUPPORTED) {
    it(`with ${JSON.stringify(changes)} is refused by the name of the field`, () => {
      const [problem, ...others] = problems(mailBody(changes));
      assert.deepEqual(others, []);
      assert.equal(problem?.message, `${problem?.field} is not supported yet.`);
      assert.ok(JSON.stringify(changes).includes(problem?.field?.split('.').at(-1) ?? '?'));
    });
  }

  it('with an unknown field anywhere is refused by its name', () => {
    const rows: readonly (readonly [Readonly<Record<string, unknown>>, string])[] = [
      [{ sujbect: 'x' }, 'sujbect'],
      [one({ tos: [] }), 'personalizations.0.tos'],
      [one({ to: [{ email: 'a@example.org', nick: 'a' }] }), 'personalizations.0.to.0.nick'],
      [{ from: { email: 'a@example.org', x: 1 } }, 'from.x'],
      [{ content: [{ type: 'text/plain', value: 'x', charset: 'y' }] }, 'content.0.charset'],
      [{ attachments: [{ ...attachment, size: 3 }] }, 'attachments.0.size'],
      [{ mail_settings: { toString: { enable: false } } }, 'mail_settings.toString'],
      [{ mail_settings: { footer: { enable: false, size: 3 } } }, 'mail_settings.footer.size'],
      [{ tracking_settings: { sms: { enable: false } } }, 'tracking_settings.sms'],
    ];
    for (const [changes, field] of rows) {
      assert.deepEqual(problems(mailBody(changes)), [
        { message: `${field} is not a field of this request.`, field, help: null },
      ]);
    }
  });

  it('names all that is wrong at once, but not more than a hundred things', () => {
    assert.deepEqual(
      problems({}).map(({ field }) => field),
      ['from', 'personalizations', 'content'],
    );
    assert.equal(problems(mailBody(one({ to: Array(1000).fill({}) }))).length, 100);
  });
});

describe('a control character', () => {
  const places: Readonly<Record<string, (text: string) => Readonly<Record<string, unknown>>>> = {
    'from.email': (text) => ({ from: { email: `a${text}@example.com` } }),
    'from.name': (text) => ({ from: { email: 'a@example.com', name: `A${text}` } }),
    'personalizations.0.to.0.email': (text) => one({ to: [{ email: `a@example.org${text}` }] }),
    'personalizations.0.to.0.name': (text) => one({ to: [{ email: 'a@example.org', name: text }] }),
    'personalizations.0.cc.0.email': (text) => one({ cc: [{ email: `${text}b@example.org` }] }),
    'personalizations.0.cc.0.name': (text) => one({ cc: [{ email: 'b@example.org', name: text }] }),
    'personalizations.0.bcc.0.email': (text) => one({ bcc: [{ email: `b@exam${text}ple.org` }] }),
    'personalizations.0.bcc.0.name': (text) => one({ bcc: [{ email: 'b@example.org', name: text }] }),
    'personalizations.0.subject': (text) => one({ subject: `x${text}Bcc: v@example.org` }),
    'personalizations.0.headers': (text) => one({ headers: { [`X${text}Y`]: 'x' } }),
    'personalizations.0.headers.X': (text) => one({ headers: { X: `x${text}y` } }),
    'personalizations.0.custom_args.a': (text) => one({ custom_args: { a: text } }),
    subject: (text) => ({ subject: `x${text}y` }),
    'reply_to.email': (text) => ({ reply_to: { email: `a${text}@example.org` } }),
    'reply_to.name': (text) => ({ reply_to: { email: 'a@example.org', name: text } }),
    'reply_to_list.0.name': (text) => ({ reply_to_list: [{ email: 'a@example.org', name: text }] }),
    headers: (text) => ({ headers: { [`X-Y${text}`]: 'x' } }),
    'headers.X-Y': (text) => ({ headers: { 'X-Y': `x${text}` } }),
    'categories.0': (text) => ({ categories: [`news${text}`] }),
    'custom_args.a': (text) => ({ custom_args: { a: `x${text}` } }),
    'attachments.0.filename': (text) => ({ attachments: [{ ...attachment, filename: `a${text}.pdf` }] }),
    'attachments.0.type': (text) => ({ attachments: [{ ...attachment, type: `a/b${text}` }] }),
    'attachments.0.content_id': (text) => ({ attachments: [{ ...attachment, content_id: `a${text}` }] }),
    'attachments.0.disposition': (text) => ({ attachments: [{ ...attachment, disposition: `inline${text}` }] }),
    'content.0.type': (text) => ({ content: [{ type: `text/plain${text}`, value: 'x' }] }),
    ip_pool_name: (text) => ({ ip_pool_name: `news${text}` }),
  };
  for (const [field, place] of Object.entries(places)) {
    it(`is refused in ${field}`, () => {
      for (const text of ['\r', '\n', '\r\n', '\0', '\r\n\r\n']) {
        assert.deepEqual(
          problems(mailBody(place(text))).map((problem) => problem.field),
          [field],
        );
      }
    });
  }

  it('is refused in the name of a custom argument', () => {
    assert.equal(problems(mailBody({ custom_args: { 'a\r\n': 'x' } }))[0]?.message, OWN_TEXTS.controlCharacters);
  });
});

describe('an accepted body', () => {
  it('means what it says', () => {
    const request = accepted({
      ip_pool_name: 'news',
      categories: ['a', 'b'],
      headers: { 'X-A': 'shared', 'X-B': 'shared' },
      custom_args: { a: 'shared', b: 'shared' },
      send_at: seconds(NOW + HOUR),
      personalizations: [
        { to, headers: { 'x-a': 'own' }, custom_args: { a: 'own' }, subject: 'Own', send_at: seconds(NOW + 2 * HOUR) },
        { to, cc: people(1), bcc: people(2).slice(1) },
      ],
    });
    const [first, second] = request.personalizations;
    assert.equal(request.pool, 'news');
    assert.deepEqual([first?.subject, second?.subject], ['Own', 'Hello']);
    assert.deepEqual([first?.sendAt, second?.sendAt], [NOW + 2 * HOUR, NOW + HOUR]);
    assert.deepEqual(
      [...(first?.headers.values() ?? [])],
      [
        { name: 'x-a', value: 'own' },
        { name: 'X-B', value: 'shared' },
      ],
    );
    assert.deepEqual(first?.customArgs, { a: 'own', b: 'shared' });
    assert.equal(second?.bcc[0]?.mailbox.address, 'r1@example.org');
  });

  it('with substitutions has them in subject and headers, and keeps for the content what it asks for', () => {
    const request = accepted({
      subject: 'Hi -name-',
      headers: { 'X-A': '-name-', 'X-B': 'as it is' },
      content: plain('Dear -name-: -lines-'),
      personalizations: [
        { to, substitutions: { '-name-': 'Ann', '-lines-': 'a\r\n.\r\nb', '-unused-': 'x' } },
        { to: people(1) },
      ],
    });
    const [ann, other] = request.personalizations;
    assert.ok(request.template);
    assert.deepEqual([ann?.subject, other?.subject], ['Hi Ann', 'Hi -name-']);
    assert.deepEqual(
      [...(ann?.headers.values() ?? [])].map(({ value }) => value),
      ['Ann', 'as it is'],
    );
    assert.deepEqual(ann?.substitutions, { '-name-': 'Ann', '-lines-': 'a\r\n.\r\nb' });
    assert.deepEqual(other?.substitutions, {});
  });

  it('whose content holds none of the tags is no template', () => {
    const request = accepted({ subject: '-n-', ...one({ substitutions: { '-n-': 'Ann' } }) });
    assert.equal(request.template, false);
    assert.equal(request.personalizations[0]?.subject, 'Ann');
    assert.equal(accepted(one({ substitutions: {} })).template, false);
  });

  it('is sent at once when its time is past, and within 72 hours', () => {
    assert.equal(accepted({ send_at: 1 }).personalizations[0]?.sendAt, NOW);
    assert.equal(accepted({ send_at: seconds(NOW + 72 * HOUR) }).personalizations[0]?.sendAt, NOW + 72 * HOUR);
  });

  it('may carry 1000 personalizations, subjects of their own and settings that are off', () => {
    const personalizations = people(1000).map((person) => ({ to: [person], subject: 'x' }));
    assert.equal(accepted({ personalizations, subject: undefined }).personalizations.length, 1000);
    const off = { enable: false };
    accepted({
      mail_settings: { footer: { ...off, text: '', html: '' }, bypass_list_management: off, sandbox_mode: off },
      tracking_settings: { click_tracking: { ...off, enable_text: false }, open_tracking: off, ganalytics: off },
    });
  });

  it('in sandbox mode is checked like any other', () => {
    const mail_settings = { sandbox_mode: { enable: true } };
    assert.equal(accepted({ mail_settings }).sandbox, true);
    assert.equal(problems(mailBody({ mail_settings, subject: '' })).length, 1);
  });

  it('may be for people who are suppressed, by the list they are on or by all but what was decided by hand', () => {
    const on = { enable: true };
    const bypass = (mail_settings: object) => accepted({ mail_settings }).bypass;
    assert.deepEqual(bypass({}), []);
    assert.deepEqual(bypass({ bypass_list_management: on }), ['bounce', 'complaint', 'unsubscribe', 'invalid']);
    assert.deepEqual(bypass({ bypass_spam_management: on, bypass_bounce_management: on }), ['complaint', 'bounce']);
    assert.deepEqual(bypass({ bypass_unsubscribe_management: on }), ['unsubscribe']);
    const both = { bypass_list_management: on, bypass_spam_management: on };
    assert.deepEqual(
      problems(mailBody({ mail_settings: both })).map(({ message }) => message),
      [OWN_TEXTS.bypassAllAlone],
    );
  });

  it('may wrap its base64 in lines', () => {
    const [first] = accepted({ attachments: [{ ...attachment, content: 'AAAA\r\nAAAA\n' }] }).attachments;
    assert.equal(first?.base64, 'AAAAAAAA');
  });
});

describe('the texts', () => {
  it("are SendGrid's own, letter for letter", () => {
    const path = new URL('../../samples/sendgrid-mail-send-errors.json', import.meta.url);
    const { field_errors } = JSON.parse(readFileSync(path, 'utf8')) as { field_errors: { message: string }[] };
    const known = new Set(field_errors.map(({ message }) => generic(message)));
    const given = [
      ...Object.values(SG),
      ...Object.values(ENABLE_TEXTS),
      SG_WITH.tooManyPersonalizations(7),
      ...[SG_WITH.duplicateAddress, SG_WITH.categoryTooLong, SG_WITH.duplicateCategory].map((text) => text('[YOUR X]')),
      ...[SG_WITH.disposition, SG_WITH.contentId, SG_WITH.unknownPool].map((text) => text('[YOUR X]')),
      SG_WITH.tooManyCategories(7),
    ];
    for (const text of given) assert.ok(known.has(generic(text)), text);
  });

  const generic = (text: string) =>
    text.replace(/\[[A-Za-z ]+\]/g, '[]').replace(/\b(7|X) (?=personalizations\.|categories\.)/g, 'X ');
});
