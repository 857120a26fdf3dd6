import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bytesSetting,
  daysSetting,
  hostAndPortSetting,
  hostNameSetting,
  portSetting,
  secretKeySetting,
  textSetting,
} from './schemas.ts';
import { printSettings, readSettings, SettingsError } from './settings.ts';

const SETTINGS = {
  port: { name: 'PENSTOCK_HTTP_PORT', description: 'Where HTTP is served.', schema: portSetting, default: '8080' },
  smarthost: {
    name: 'PENSTOCK_SMARTHOST',
    description: 'Everything goes there.',
    schema: hostAndPortSetting,
    placeholder: 'host:port',
  },
  key: { name: 'PENSTOCK_API_KEY', description: 'The key.', schema: textSetting },
} as const;

describe('settings', () => {
  it('take their defaults where nothing is said, and nothing where there is none', () => {
    const { values, warnings } = readSettings(SETTINGS, { PENSTOCK_API_KEY: '' });
    assert.equal(values.port, 8080);
    assert.equal(values.smarthost, undefined);
    assert.equal(values.key, undefined);
    assert.deepEqual(warnings, []);
  });

  it('read a host with its port', () => {
    const read = (text: string) => readSettings(SETTINGS, { PENSTOCK_SMARTHOST: text }).values.smarthost;
    assert.deepEqual(read('relay.example:587'), { host: 'relay.example', port: 587 });
    assert.deepEqual(read('[::1]:25'), { host: '::1', port: 25 });
    assert.throws(() => read('relay.example'), /PENSTOCK_SMARTHOST must be host:port/);
    assert.throws(() => read('relay.example:70000'), SettingsError);
  });

  it('read a key of 32 bytes however it is written, and a host name', () => {
    const bytes = new Uint8Array(32).map((_, i) => i * 8);
    const hex = Buffer.from(bytes).toString('hex');
    for (const text of [hex, hex.toUpperCase(), Buffer.from(bytes).toString('base64'), ` ${hex}\n`]) {
      assert.deepEqual(secretKeySetting.parse(text), bytes);
    }
    for (const text of ['', 'short', hex.slice(2), `${hex}00`, 'g'.repeat(64)]) {
      assert.ok(!secretKeySetting.safeParse(text).success, text);
    }
    assert.equal(hostNameSetting.parse('MX.Example.com.'), 'mx.example.com');
    assert.equal(hostNameSetting.parse('_spf.example.com'), '_spf.example.com');
    for (const text of ['', 'localhost', 'a b.example', '-.example'])
      assert.ok(!hostNameSetting.safeParse(text).success);
  });

  it('read sizes with their unit', () => {
    const settings = { size: { name: 'PENSTOCK_SIZE', description: 'A size.', schema: bytesSetting } };
    const read = (text: string) => readSettings(settings, { PENSTOCK_SIZE: text }).values.size;
    assert.equal(read('64MiB'), 67_108_864);
    assert.equal(read('0KiB'), 0);
    assert.equal(daysSetting.parse('30d'), 2_592_000_000);
    assert.ok(!daysSetting.safeParse('30').success);
    for (const wrong of ['64', '64MB', '-1MiB', '1.5GiB']) assert.throws(() => read(wrong), /must be a size such as/);
  });

  it('name every wrong variable at once, and none of the values', () => {
    assert.throws(
      () => readSettings(SETTINGS, { PENSTOCK_HTTP_PORT: 'eighty', PENSTOCK_SMARTHOST: 'secret host' }),
      (error: Error) => {
        assert.match(error.message, /PENSTOCK_HTTP_PORT must be a port/);
        assert.match(error.message, /PENSTOCK_SMARTHOST must be host:port/);
        assert.doesNotMatch(error.message, /eighty|secret/);
        return true;
      },
    );
  });

  it('warn of a variable that means nothing and say which was meant, but not of the command’s own', () => {
    const { warnings } = readSettings(SETTINGS, {
      PENSTOCK_HTTPPORT: '1',
      PENSTOCK_ELSEWHERE: '2',
      PATH: '/bin',
      PENSTOCK_URL: 'http://127.0.0.1:8080',
    });
    assert.deepEqual(warnings, [
      'PENSTOCK_ELSEWHERE is no setting and is ignored',
      'PENSTOCK_HTTPPORT is no setting and is ignored (did you mean PENSTOCK_HTTP_PORT?)',
    ]);
  });

  it('print name, default and meaning', () => {
    const table = printSettings(SETTINGS);
    assert.match(table, /PENSTOCK_HTTP_PORT +8080 +Where HTTP is served\./);
    assert.match(table, /PENSTOCK_SMARTHOST +host:port/);
    assert.match(table, /PENSTOCK_API_KEY +unset/);
  });
});
