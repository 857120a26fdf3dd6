export * from './stored-mail.ts';
