import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { type Banner, bannerText } from './banner.ts';

const BANNER: Banner = {
  startedInMs: 420,
  host: '::1',
  httpPort: 8080,
  smtpPort: 2525,
  tls: 'own certificate',
  dataDir: '/var/lib/penstock',
  policyOrigin: 'policy.toml',
  policyVersion: '0123456789ab',
  egress: 'to the internet',
  keyNote: 'as set',
};

/** The words a shell makes of the line, with curl replaced by something that prints them. */
function words(line: string, environment: Record<string, string> = {}): readonly string[] {
  const printed = execFileSync('sh', ['-c', line.replace(/^ *curl/, "printf '%s\\n'")], { env: environment });
  return printed.toString('utf8').trimEnd().split('\n');
}

function curlLine(text: string): string {
  return /^ +curl .*$/m.exec(text)?.[0] ?? '';
}

describe('what is printed when the platform is ready', () => {
  it('is a curl line that a shell takes apart as meant, whatever the key', () => {
    const key = `it's "quoted" $HOME`;
    const [, url, , authorization, , , , body = ''] = words(curlLine(bannerText({ ...BANNER, key })));
    assert.equal(url, 'http://[::1]:8080/v3/mail/send');
    assert.equal(authorization, `Authorization: Bearer ${key}`);
    assert.equal(JSON.parse(body).personalizations[0].to[0].email, 'ann@gmail.com');
  });

  it('names the variable instead of a key that is nobody else’s to see', () => {
    const text = bannerText(BANNER);
    assert.match(text, /API key +as set/);
    const line = curlLine(text);
    assert.ok(words(line, { PENSTOCK_API_KEY: 'from-outside' }).includes('Authorization: Bearer from-outside'));
  });
});
