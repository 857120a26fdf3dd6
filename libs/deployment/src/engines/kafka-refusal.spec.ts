import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { kafkaRefusal } from './kafka-refusal.ts';

describe('brokers that cannot be used', () => {
  for (const [reason, setting] of [
    [
      'SASL PLAIN authentication failed: Authentication failed: Invalid username or password',
      'PENSTOCK_KAFKA_SASL_PASSWORD',
    ],
    ['Connection error: self-signed certificate', 'PENSTOCK_KAFKA_CA'],
    ['unable to verify the first certificate', 'PENSTOCK_KAFKA_CA'],
    ["Hostname/IP does not match certificate's altnames", 'PENSTOCK_KAFKA_CA'],
    ['acknowledged mail would stand on one broker only: mail.events', 'PENSTOCK_ALLOW_SINGLE_REPLICA'],
    ['Connection error: connect ECONNREFUSED 127.0.0.1:9092', 'PENSTOCK_KAFKA_BROKERS'],
  ] as const) {
    it(`are told of by ${setting}: ${reason}`, () => {
      const text = kafkaRefusal('kafka-1:9092', reason);
      assert.ok(text.startsWith(`${setting}: `), text);
      assert.ok(text.includes(reason) && text.includes('kafka-1:9092'), text);
    });
  }
});
