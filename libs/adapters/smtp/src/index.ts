export { makeIdentity, type SelfMadeOptions } from './server/self-made-identity.ts';
export { SmtpDoor, type TlsIdentity } from './server/smtp-door.ts';
export * from './smtp-transport.ts';
export * from './source-reach.ts';
