import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { runCommand } from '../command.ts';
import type { MailHost } from '../console.ts';

const OURS = `egress = "internet"
[source."ip-1"]
ehlo_domain = "mta1.example.com"
warmup = "sendgrid"
[provider."gmail"]
match = [{ MXSuffix = ".google.com" }]
provider_connection_limit = 5
[provider."gmail".sources."ip-1"]
connection_limit = 2
[limit."gmail-day"]
rate = "50000/day"
providers = ["gmail"]
["block.example"]
connection_limit = 3
`;

describe('penstock policy', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-policy-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;

  function file(text: string): string {
    const path = join(folder, `${files++}.toml`);
    writeFileSync(path, text);
    return path;
  }

  async function run(args: readonly string[], mx: Readonly<Record<string, readonly string[]>> = {}) {
    const out: string[] = [];
    const err: string[] = [];
    const hosts = (domain: string): readonly MailHost[] => (mx[domain] ?? []).map((name) => ({ name, preference: 10 }));
    const code = await runCommand(args, {
      environment: {},
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
      mailHosts: async (domain) => hosts(domain),
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  it('check names file, line, key, what is wrong and what would be right, and fails', async () => {
    const path = file('["default"]\nconnection_limit = "many"\nenable_dane = true\nconection_limit = 1\n');
    const { code, out } = await run(['policy', 'check', path]);
    assert.equal(code, 1);
    assert.ok(
      out.includes(
        `${path}:2: error: default.connection_limit: "many" is not a whole number from 1 to 100000\n` +
          `${path}:3: warning: default.enable_dane: "enable_dane" is KumoMTA's and has no effect here\n` +
          `${path}:4: warning: default.conection_limit: unknown key "conection_limit" is ignored\n`,
      ),
      out,
    );
  });

  it('check lists the keys that hold, those without effect and those it does not know', async () => {
    const path = file('["default"]\nconnection_limit = 3\nenable_dane = true\nconection_limit = 1\n');
    const { code, out } = await run(['policy', 'check', path]);
    assert.equal(code, 0);
    assert.match(out, /accepted \(1\):\n {2}default\.connection_limit\n/);
    assert.match(out, /known, without effect here \(1\):\n {2}default\.enable_dane\n/);
    assert.match(out, /unknown, ignored \(1\):\n {2}default\.conection_limit\n/);
    assert.equal((await run(['policy', 'check', '--strict', path])).code, 1);
  });

  it('check notes where limits of each site hold for a whole provider', async () => {
    const block = (more: string) =>
      `[provider."p"]\nmatch = [{ MXSuffix = ".p.example" }]\nconnection_limit = 4\n${more}`;
    assert.match((await run(['policy', 'check', file(block(''))])).out, /^note: provider\.p: .* paths = "per_site"/m);
    for (const more of ['paths = "per_site"', 'paths = "one"', 'provider_connection_limit = 4'])
      assert.doesNotMatch((await run(['policy', 'check', file(block(more))])).out, /note:/);
  });

  it('check says in which of several files a problem stands', async () => {
    const base = file('["default"]\nconnection_limit = 3\n');
    const own = file('# mine\n["default"]\nconnection_limit = "x"\n');
    assert.match(
      (await run(['policy', 'check', base, own])).out,
      new RegExp(`${own}:3: error: default.connection_limit`),
    );
    const { code, err } = await run(['policy', 'check', base, file('no toml')]);
    assert.equal(code, 1);
    assert.match(err, /2?\.toml:1: error: /);
    assert.match((await run(['policy', 'check', join(folder, 'none.toml')])).err, /cannot be read \(ENOENT\)/);
  });

  it('explain shows each value for a source with the block it came from', async () => {
    const { out, code } = await run(['policy', 'explain', 'Ann.Example', '--source', 'ip-1', '--config', file(OURS)], {
      'ann.example': ['aspmx.l.google.com'],
    });
    assert.equal(code, 0);
    assert.match(out, /^provider {2}gmail$/m);
    assert.match(out, /^path {6}ip-1\|provider:gmail$/m);
    assert.match(out, /^connection_limit +2 +provider\.gmail\.sources\.ip-1$/m);
    assert.match(out, /^max_message_rate +100\/s +shipped$/m);
    assert.match(out, /^gmail-day +50000\/day +all together$/m);
    assert.match(out, /^warm-up {3}sendgrid, from source\.ip-1/m);
  });

  it('explain finds the domain block that holds for all who share its mail hosts', async () => {
    const args = ['policy', 'explain', 'other.example', '--config', file(OURS)];
    const mx = { 'other.example': ['mx.block.example'], 'block.example': ['mx.block.example'] };
    const { out } = await run(args, mx);
    assert.match(out, /^path {6}<source>\|site:block\.example$/m);
    assert.match(out, /^connection_limit +3 +block\.example$/m);
    assert.match((await run([...args, '--mx', 'mx.block.example'])).out, /site:mx\.block\.example$/m);
  });

  it('explain names the sources there are where the one asked for is none', async () => {
    const { code, err } = await run(['policy', 'explain', 'a.example', '--source', 'ip-9', '--config', file(OURS)]);
    assert.equal(code, 1);
    assert.match(err, /there is no source "ip-9"; there is ip-1/);
  });

  it('diff shows what another file says', async () => {
    const { out } = await run(['policy', 'diff', file(OURS), file(OURS.replace('= 5', '= 6').replace('50000', '9'))]);
    assert.equal(
      out,
      '~ provider.gmail.provider_connection_limit = 5 → 6\n~ limit.gmail-day.rate = "50000/day" → "9/day"',
    );
    assert.equal((await run(['policy', 'diff', file(OURS), file(`# so\n${OURS}`)])).out, 'they say the same');
  });

  it('keys lists what can be written, of all blocks or of one', async () => {
    const { out } = await run(['policy', 'keys']);
    assert.match(out, /^\[provider\."NAME"\]$/m);
    assert.match(out, /^ {2}connection_limit +a whole number.* +connections open at once.* +10$/m);
    const { out: pool } = await run(['policy', 'keys', 'pool']);
    assert.deepEqual(pool.match(/^\[.*/gm), ['[pool."NAME"]']);
    assert.match((await run(['policy', 'keys', 'pol'])).err, /there is no block "pol"; there is .*pool/);
  });

  it('has help for each of its commands', async () => {
    for (const command of ['apply', 'check', 'explain', 'diff', 'keys']) {
      const { code, out } = await run(['policy', command, '--help']);
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Usage: penstock policy ${command}`));
    }
  });
});
