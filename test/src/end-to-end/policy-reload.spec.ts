import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../architecture/sources.ts';
import { Platform } from './platform.ts';

const KEY = 'a-key-of-this-test';
const SANDBOX = readFileSync(join(ROOT, 'infra/policy/sandbox.toml'), 'utf8');
const OTHER = SANDBOX.replace('retry_interval = "2s"', 'retry_interval = "3s"');

describe('a policy file that is changed while the platform runs', () => {
  it('holds after SIGHUP, without a restart; one that is none changes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-e2e-policy-'));
    const file = join(folder, 'policy.toml');
    writeFileSync(file, SANDBOX);
    const platform = await Platform.start({ environment: { PENSTOCK_API_KEY: KEY, PENSTOCK_CONFIG: file } });
    const text = async () => {
      const response = await fetch(`${platform.url}/v1/admin/policy`, { headers: { authorization: `Bearer ${KEY}` } });
      assert.equal(response.status, 200);
      return ((await response.json()) as { readonly text: string }).text;
    };
    const reload = async (written: string, until: (held: string) => boolean) => {
      writeFileSync(file, written);
      process.kill(platform.pid, 'SIGHUP');
      for (let look = 0; look < 10_000; look++) {
        const held = await text();
        if (until(held)) return held;
      }
      return text();
    };
    try {
      assert.equal(await text(), SANDBOX);
      const isRefused = () => /policy_unusable/.test(`${platform.output.stdout}${platform.output.stderr}`);
      assert.equal(await reload('[retry]\njitter = 7\n', isRefused), SANDBOX);
      assert.ok(isRefused());
      assert.equal(await reload(OTHER, (held) => held === OTHER), OTHER);
    } finally {
      await platform.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
