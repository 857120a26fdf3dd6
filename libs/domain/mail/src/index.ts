export * from './addresses.ts';
export * from './headers.ts';
export * from './headers-date.ts';
export * from './headers-encoded-words.ts';
export * from './mime.ts';
export * from './mime-encodings.ts';
export * from './smtp-commands.ts';
export * from './stored-mail.ts';
