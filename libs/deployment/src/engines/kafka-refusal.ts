/** What of TLS keeps a connection from being made: the server's certificate, or ours. */
const UNTRUSTED = /self.signed certificate|unable to (?:get|verify)|certificate has expired|altnames|UNABLE_TO|CERT_/i;
const ONE_BROKER = /on one broker only/;
const SIGN_IN = /SASL|authentication failed/i;

/** Why the brokers cannot be used as the log, beginning with the setting that has to be looked at. */
export function kafkaRefusal(brokers: string | undefined, reason: string): string {
  if (SIGN_IN.test(reason)) {
    return `PENSTOCK_KAFKA_SASL_PASSWORD: ${brokers} does not let us in: ${reason}; look at PENSTOCK_KAFKA_SASL_MECHANISM, PENSTOCK_KAFKA_SASL_USERNAME and the password`;
  }
  if (UNTRUSTED.test(reason)) {
    return `PENSTOCK_KAFKA_CA: the certificate of ${brokers} is not trusted: ${reason}; name the PEM file of the authority that signed it`;
  }
  if (ONE_BROKER.test(reason)) return `PENSTOCK_ALLOW_SINGLE_REPLICA: ${brokers} cannot be used as the log: ${reason}`;
  return `PENSTOCK_KAFKA_BROKERS: ${brokers} cannot be used as the log: ${reason}`;
}
