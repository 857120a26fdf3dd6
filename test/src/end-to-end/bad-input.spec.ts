import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { Platform } from './platform.ts';

const KEY = 'key-of-the-bad-input';
const OTHER_KEY = 'key-of-another-tenant';
const MIB = 1_048_576;

const GOOD = {
  personalizations: [{ to: [{ email: 'ann@gmail.com' }] }],
  from: { email: 'news@sender.example' },
  subject: 'Hello',
  content: [{ type: 'text/plain', value: 'Text' }],
};

interface Case {
  readonly title: string;
  readonly body: unknown;
  readonly status: number;
  /** Of one of the errors; not looked at if absent. */
  readonly field?: RegExp;
}

const INJECTIONS = ['\r\nBcc: eve@example.org', '\nX: y', '\r', '\0'];

function injected(title: string, field: RegExp, body: (text: string) => unknown): readonly Case[] {
  return INJECTIONS.map((text) => ({
    title: `${JSON.stringify(text)} in ${title}`,
    body: body(text),
    status: 400,
    field,
  }));
}

const CASES: readonly Case[] = [
  { title: 'no body', body: {}, status: 400, field: /^personalizations$/ },
  { title: 'an array', body: [], status: 400 },
  { title: 'no sender', body: { ...GOOD, from: undefined }, status: 400, field: /^from/ },
  { title: 'no content', body: { ...GOOD, content: undefined }, status: 400, field: /^content/ },
  { title: 'no recipient', body: { ...GOOD, personalizations: [{}] }, status: 400, field: /^personalizations/ },
  {
    title: '1,001 personalizations',
    body: {
      ...GOOD,
      personalizations: Array.from({ length: 1_001 }, (_, n) => ({ to: [{ email: `r${n}@gmail.com` }] })),
    },
    status: 400,
    field: /^personalizations$/,
  },
  { title: 'an unsupported field', body: { ...GOOD, template_id: 'd-1' }, status: 400, field: /^template_id$/ },
  ...injected('a recipient', /^personalizations/, (text) => ({
    ...GOOD,
    personalizations: [{ to: [{ email: `ann${text}@gmail.com` }] }],
  })),
  ...injected('the sender', /^from/, (text) => ({ ...GOOD, from: { email: `news${text}@sender.example` } })),
  ...injected('the subject', /subject/, (text) => ({ ...GOOD, subject: `Hello${text}` })),
  ...injected('a header name', /headers/, (text) => ({ ...GOOD, headers: { [`X-A${text}`]: 'b' } })),
  ...injected('a header value', /headers/, (text) => ({ ...GOOD, headers: { 'X-A': `b${text}` } })),
  ...injected('a substitution in the subject', /substitutions/, (text) => ({
    ...GOOD,
    subject: 'Hello -name-',
    personalizations: [{ to: [{ email: 'ann@gmail.com' }], substitutions: { '-name-': `b${text}` } }],
  })),
];

describe('bad input', () => {
  let platform: Platform;

  before(async () => {
    platform = await Platform.start({
      environment: { PENSTOCK_API_KEY: KEY, PENSTOCK_API_KEYS: `other:bulk:${OTHER_KEY}` },
    });
  });
  after(() => platform.stop());

  function post(body: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...headers },
      body,
    });
  }

  /** The fields named, every error having its message. */
  async function fieldsNamed(response: Response): Promise<readonly string[]> {
    const { errors } = (await response.json()) as { errors: { message: string; field: string | null }[] };
    assert.ok(errors.length > 0 && errors.every(({ message }) => message.length > 0));
    return errors.map(({ field }) => field ?? '');
  }

  for (const { title, body, status, field } of CASES) {
    it(`${title} is refused with ${status}${field ? ' and its field' : ''}`, async () => {
      const response = await post(JSON.stringify(body));
      assert.equal(response.status, status);
      const fields = await fieldsNamed(response);
      if (field)
        assert.ok(
          fields.some((named) => field.test(named)),
          `${field} is not among ${fields}`,
        );
    });
  }

  it('malformed JSON is refused with 400', async () => {
    const response = await post('{"personalizations": [');
    assert.equal(response.status, 400);
    await fieldsNamed(response);
  });

  it('a body of 31 MB is refused with 413', async () => {
    const response = await post(JSON.stringify({ ...GOOD, subject: 'x'.repeat(31 * MIB) }));
    assert.equal(response.status, 413);
    await fieldsNamed(response);
  });

  it('a wrong key and no key are refused with 401', async () => {
    assert.equal((await post(JSON.stringify(GOOD), { authorization: 'Bearer nobody-knows-me' })).status, 401);
    assert.equal((await post(JSON.stringify(GOOD), { authorization: '' })).status, 401);
  });

  it('an address that cannot be read, or is too long, is refused in the same shape', async () => {
    const broken = await fetch(`${platform.url}/v1/messages/%ff`);
    assert.equal(broken.status, 400);
    await fieldsNamed(broken);
    const long = await fetch(`${platform.url}/v1/messages/${'a'.repeat(3_000)}`);
    assert.equal(long.status, 414);
    await fieldsNamed(long);
  });

  it("another tenant's message is as unknown as one that never was", async () => {
    const messageId = await new PlatformApi(new HttpClient({ url: platform.url, key: KEY })).send(GOOD);
    const look = (key: string, path: string) =>
      fetch(`${platform.url}${path}`, { headers: { authorization: `Bearer ${key}` } });
    const theirs = await look(OTHER_KEY, `/v1/messages/${messageId}`);
    const never = await look(OTHER_KEY, '/v1/messages/never-was-here-0000000');
    assert.equal(theirs.status, 404);
    assert.deepEqual([theirs.status, await theirs.json()], [never.status, await never.json()]);
    assert.equal((await look(OTHER_KEY, '/v1/lanes')).status, 403);
  });

  it('leaves nothing half stored: only the good mail was ever accepted', async () => {
    const response = await fetch(`${platform.url}/v1/providers`, { headers: { authorization: `Bearer ${KEY}` } });
    const { totals } = (await response.json()) as { totals: { counts: { accepted: number } } };
    assert.ok(totals.counts.accepted <= 1, `${totals.counts.accepted} accepted`);
  });
});
