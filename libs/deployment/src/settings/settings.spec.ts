import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readSettings } from '@penstock/nest';
import { StartupError } from '../startup/startup-error.ts';
import { parseArguments } from './arguments.ts';
import { readConfigFile } from './config-file.ts';
import { allSettingNames, processSettings } from './process-settings.ts';

const DOCS = new URL('../../../../docs/settings.md', import.meta.url);

describe('the settings of services apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-settings-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  function file(text: string): string {
    const path = join(folder, 'penstock.toml');
    writeFileSync(path, text);
    return path;
  }

  it('stand in the documentation', () => {
    const documented = new Set(readFileSync(DOCS, 'utf8').match(/`PENSTOCK_[A-Z0-9_]+`/g));
    assert.deepEqual(
      allSettingNames().filter((name) => !documented.has(`\`${name}\``)),
      [],
    );
    const [, apart = ''] = readFileSync(DOCS, 'utf8').split('## Services apart');
    const rows = apart.split('\n').filter((line) => line.startsWith('| `PENSTOCK_'));
    const named = rows.flatMap((row) => row.split(' | ')[0]?.match(/PENSTOCK_[A-Z0-9_]+/g) ?? []);
    assert.ok(named.length > 10);
    assert.deepEqual(
      named.filter((name) => !allSettingNames().includes(name)),
      [],
    );
  });

  it('come from a file, those of one service over those of all', () => {
    const path = file(
      'http_port = 1\nallow_single_replica = true\nkafka_brokers = ["a:1", "b:2"]\n[ingest]\nhttp_port = 2\n',
    );
    const ofAll = { PENSTOCK_ALLOW_SINGLE_REPLICA: 'on', PENSTOCK_KAFKA_BROKERS: 'a:1,b:2' };
    assert.deepEqual(readConfigFile(path, 'ingest'), { ...ofAll, PENSTOCK_HTTP_PORT: '2' });
    assert.deepEqual(readConfigFile(path, 'projector'), { ...ofAll, PENSTOCK_HTTP_PORT: '1' });
  });

  it('are refused with file and key where the file is none', () => {
    const refused = (text: string, message: RegExp) =>
      assert.throws(
        () => readConfigFile(file(text), 'ingest'),
        (error) => error instanceof StartupError && message.test(error.message),
      );
    refused('a = = 1', /penstock\.toml is no TOML/);
    refused('[ingst]\nhost = "a"', /\[ingst\] is no service; there are ingest, scheduler/);
    refused('host = { a = 1 }', /\[host\] is no service/);
    refused('host = 2020-01-01', /host must be a text/);
    assert.throws(() => readConfigFile(join(folder, 'none.toml'), 'ingest'), /none\.toml cannot be read \(ENOENT\)/);
  });

  it('may be those of another service, but a slip is warned of', () => {
    const given = { PENSTOCK_SMTP_PORT: '2525', PENSTOCK_QUERY_URL: 'http://a', PENSTOCK_KAFKA_BROKRES: 'a:1' };
    const { warnings } = readSettings(processSettings('projector'), given, allSettingNames());
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /PENSTOCK_KAFKA_BROKRES is no setting.*did you mean PENSTOCK_KAFKA_BROKERS/);
  });

  it('are the only thing the command line can name', () => {
    assert.deepEqual(parseArguments([]), { help: false });
    assert.deepEqual(parseArguments(['--config', 'a.toml']), { help: false, config: 'a.toml' });
    assert.deepEqual(parseArguments(['--config=a=b.toml']), { help: false, config: 'a=b.toml' });
    assert.deepEqual(parseArguments(['--config', 'a.toml', '-h']), { help: true });
    assert.throws(() => parseArguments(['--config']), /needs the name of a file/);
    assert.throws(() => parseArguments(['--port', '1']), /--port is no option/);
  });
});
