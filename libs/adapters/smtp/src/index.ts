export { SmtpDoor, type TlsIdentity } from './server/smtp-door.ts';
export * from './smtp-transport.ts';
