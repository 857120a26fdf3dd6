export * from './smtp-commands.ts';
export * from './stored-mail.ts';
