export type { AdministrationSettings } from './administration/administration.ts';
export * from './ingest.module.ts';
export * from './ingest.ts';
export { MAIL_SEND_PATH, MAX_BODY_BYTES } from './mail-send/http-edge.ts';
export { configureHttp } from './mail-send/mail-send.controller.ts';
export { MAX_MESSAGE_BYTES, type SubmissionSettings } from './submission/submission-server.ts';
