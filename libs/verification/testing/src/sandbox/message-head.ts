import type { Readable } from 'node:stream';

export interface MessageHead {
  /** Value of the Message-ID header without folding, empty if there is none. */
  readonly messageId: string;
  readonly size: number;
}

/** A header block longer than this is not looked through to its end. */
const MAX_HEAD_BYTES = 65_536;
const MESSAGE_ID = /^message-id:[ \t]*(?:\r\n[ \t]+)?([^\r\n]*)/im;
const END_OF_HEAD = /\r?\n\r?\n/;

/** Reads a message to its end and keeps only what identifies it. */
export async function readMessage(stream: Readable): Promise<MessageHead> {
  const head: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (size < MAX_HEAD_BYTES) head.push(chunk);
    size += chunk.length;
  }
  const [block = ''] = Buffer.concat(head).toString('latin1').split(END_OF_HEAD, 1);
  return { messageId: MESSAGE_ID.exec(block)?.[1]?.trim() ?? '', size };
}
