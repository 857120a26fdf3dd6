import type { KafkaConnection, KafkaSasl, KafkaSaslMechanism, KafkaTls } from './kafka-connection.ts';

/** A setting cannot be used; the message is one line that names it. */
export class KafkaSettingsError extends Error {
  override readonly name = 'KafkaSettingsError';
}

export type KafkaSettings = Omit<KafkaConnection, 'clientId'>;

type Environment = Readonly<Record<string, string | undefined>>;

export const KAFKA_SETTINGS = [
  'PENSTOCK_KAFKA_BROKERS',
  'PENSTOCK_KAFKA_TLS',
  'PENSTOCK_KAFKA_CA',
  'PENSTOCK_KAFKA_CERT',
  'PENSTOCK_KAFKA_KEY',
  'PENSTOCK_KAFKA_SASL_MECHANISM',
  'PENSTOCK_KAFKA_SASL_USERNAME',
  'PENSTOCK_KAFKA_SASL_PASSWORD',
] as const;

type Name = (typeof KAFKA_SETTINGS)[number];

const MECHANISMS: readonly KafkaSaslMechanism[] = ['plain', 'scram-sha-256', 'scram-sha-512'];

/**
 * How the brokers are reached, from the environment; undefined without `PENSTOCK_KAFKA_BROKERS`.
 *
 * @param readFile answers the text of a PEM file
 * @throws KafkaSettingsError for what cannot be used, or would be left unused without a word
 */
export function parseKafkaSettings(
  environment: Environment,
  readFile: (path: string) => string,
): KafkaSettings | undefined {
  const of = (name: Name) => environment[name]?.trim() || undefined;
  const list = of('PENSTOCK_KAFKA_BROKERS');
  if (list === undefined) {
    const stray = KAFKA_SETTINGS.find((name) => of(name) !== undefined);
    if (stray !== undefined) throw new KafkaSettingsError(`${stray}: is of no use without PENSTOCK_KAFKA_BROKERS`);
    return undefined;
  }
  const tls = readTls(of, readFile);
  const sasl = readSasl(of, environment.PENSTOCK_KAFKA_SASL_PASSWORD);
  return { brokers: readBrokers(list), ...(tls && { tls }), ...(sasl && { sasl }) };
}

function readBrokers(list: string): readonly string[] {
  return list.split(',').map((part) => {
    const broker = part.trim();
    const [, port] = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})$/.exec(broker) ?? [];
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535)
      throw new KafkaSettingsError(
        `PENSTOCK_KAFKA_BROKERS: ${broker === '' ? 'an empty address' : broker} is not host:port`,
      );
    return broker;
  });
}

type Read = (name: Name) => string | undefined;

function readTls(of: Read, readFile: (path: string) => string): KafkaTls | undefined {
  const wanted = readSwitch(of('PENSTOCK_KAFKA_TLS'));
  const given = (['CA', 'CERT', 'KEY'] as const).filter((part) => of(`PENSTOCK_KAFKA_${part}`) !== undefined);
  if (!wanted) {
    const [stray] = given;
    if (stray) throw new KafkaSettingsError(`PENSTOCK_KAFKA_${stray}: is of no use without PENSTOCK_KAFKA_TLS=on`);
    return undefined;
  }
  if (given.includes('CERT') !== given.includes('KEY'))
    throw new KafkaSettingsError('PENSTOCK_KAFKA_CERT and PENSTOCK_KAFKA_KEY: both or neither');
  const parts = given.map((part) => {
    const name = `PENSTOCK_KAFKA_${part}` as const;
    return [part.toLowerCase(), readPem(name, of(name) ?? '', readFile)] as const;
  });
  return Object.fromEntries(parts);
}

function readSwitch(value: string | undefined): boolean {
  if (value === undefined || value === 'off') return false;
  if (value === 'on') return true;
  throw new KafkaSettingsError(`PENSTOCK_KAFKA_TLS: ${value} is neither on nor off`);
}

function readPem(name: Name, path: string, readFile: (path: string) => string): string {
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    throw new KafkaSettingsError(`${name}: ${path} cannot be read`, { cause: error });
  }
  if (!text.includes('-----BEGIN ')) throw new KafkaSettingsError(`${name}: ${path} is no PEM file`);
  return text;
}

/** A password is taken as it stands, blanks and all. */
function readSasl(of: Read, secret: string | undefined): KafkaSasl | undefined {
  const mechanism = of('PENSTOCK_KAFKA_SASL_MECHANISM');
  const username = of('PENSTOCK_KAFKA_SASL_USERNAME');
  const password = secret || undefined;
  if (mechanism === undefined) {
    if (username === undefined && password === undefined) return undefined;
    throw new KafkaSettingsError('PENSTOCK_KAFKA_SASL_MECHANISM: is missing; PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512');
  }
  const known = MECHANISMS.find((name) => name === mechanism.toLowerCase());
  if (known === undefined)
    throw new KafkaSettingsError(
      `PENSTOCK_KAFKA_SASL_MECHANISM: ${mechanism} is none of PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512`,
    );
  if (username === undefined) throw new KafkaSettingsError('PENSTOCK_KAFKA_SASL_USERNAME: is missing');
  if (password === undefined) throw new KafkaSettingsError('PENSTOCK_KAFKA_SASL_PASSWORD: is missing');
  return { mechanism: known, username, password };
}
