/** Mail of every shape that a signature has to survive: as applications post it, and as clients submit it. */

export interface ShapeContext {
  readonly domain: string;
  /** Tells this mail from every other; ASCII. */
  readonly mark: string;
  /** 0, 1, 2 … among the mails of this shape: varies sizes. */
  readonly turn: number;
}

/** A body of `POST /v3/mail/send`, without its recipient. */
export type HttpShape = (context: ShapeContext) => Readonly<Record<string, unknown>>;

/** A whole message, one character a byte; without a last line end where that is the point. */
export type SmtpShape = (context: ShapeContext) => string;

const UTF8_TEXT = 'Grüße aus Köln — 日本語のメール — Привет, мир 🙂';
const LINE = `${'The quick brown fox jumps over the lazy dog. '.repeat(2).trim()}\r\n`;

function post({ domain, mark }: ShapeContext, fields: Readonly<Record<string, unknown>>) {
  return {
    from: { email: `news@${domain}`, name: 'News' },
    subject: `Mail ${mark}`,
    content: [{ type: 'text/plain', value: `Text ${mark}\n` }],
    ...fields,
  };
}

function text(value: string) {
  return [{ type: 'text/plain', value }];
}

export const HTTP_SHAPES: Readonly<Record<string, HttpShape>> = {
  text: (context) => post(context, { content: text(LINE.repeat(1 + (context.turn % 40))) }),
  'text and HTML': (context) =>
    post(context, {
      content: [...text('Hello'), { type: 'text/html', value: `<p>Hello <b>${context.mark}</b></p>\n` }],
    }),
  'UTF-8 text and headers': (context) =>
    post(context, {
      from: { email: `news@${context.domain}`, name: 'Nächste Nachrichten' },
      subject: UTF8_TEXT.repeat(1 + (context.turn % 4)),
      content: [...text(UTF8_TEXT), { type: 'text/html', value: `<p>${UTF8_TEXT}</p>` }],
    }),
  attachments: (context) =>
    post(context, {
      attachments: [1, 2].map((n) => ({
        content: Buffer.alloc(n * 1_000 + context.turn * 37, `${context.mark}\r\n.\r\n`).toString('base64'),
        filename: n === 1 ? 'report.bin' : 'Übersicht für März.bin',
        type: 'application/octet-stream',
      })),
    }),
  'an inline image': (context) =>
    post(context, {
      content: [...text('Hello'), { type: 'text/html', value: '<img src="cid:logo">' }],
      attachments: [
        {
          content: Buffer.from(context.mark).toString('base64'),
          filename: 'l.png',
          type: 'image/png',
          disposition: 'inline',
          content_id: 'logo',
        },
      ],
    }),
  'bare line ends in the text': (context) =>
    post(context, { content: text(`a\nb\rc\r\nd\n.\ne\n\n\nf ${context.mark}`) }),
  'long lines': (context) => post(context, { content: text('x'.repeat(997 + (context.turn % 5) * 700)) }),
  'leading dots': (context) => post(context, { content: text('.\n..\n...a\n.b\n\n.') }),
  'trailing blanks and blank lines': (context) =>
    post(context, { content: text(`a \t \nb  \n \n\t\n\n${'\n'.repeat(context.turn % 7)}`) }),
  'many and long headers': (context) =>
    post(context, {
      headers: {
        ...Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`X-Field-${n}`, `value ${n} `.repeat(n + 1)])),
        'List-Unsubscribe': `<https://unsubscribe.example/${'u'.repeat(context.turn * 9)}>, <mailto:leave@${context.domain}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      },
    }),
  substitutions: (context) =>
    post(context, { subject: 'Hello -name-', content: text('Dear -name-,\n-text-\n'), substitutions: true }),
};

function fields({ domain, mark }: ShapeContext, more = ''): string {
  return (
    `From: Ann <ann@${domain}>\r\nTo: bob@example.net\r\nSubject: Mail ${mark}\r\n` +
    `Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <${mark}@client.example>\r\n${more}`
  );
}

const TEXT_8BIT = 'MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n';

function utf8(value: string): string {
  return Buffer.from(value).toString('latin1');
}

export const SMTP_SHAPES: Readonly<Record<string, SmtpShape>> = {
  text: (context) => `${fields(context)}\r\n${LINE.repeat(1 + (context.turn % 40))}`,
  '8-bit text': (context) => `${fields(context, TEXT_8BIT)}\r\n${utf8(UTF8_TEXT)}\r\n${utf8(UTF8_TEXT)}`,
  'UTF-8 headers': (context) => `${fields(context, `X-Note: ${utf8(UTF8_TEXT)}\r\n${TEXT_8BIT}`)}\r\ntext\r\n`,
  'bare LF in the body': (context) => `${fields(context)}\r\na\nb\n\nc\n.\nd\r\n`,
  'bare CR in the body': (context) => `${fields(context)}\r\na\rb\r\rc\r.\rd\r\n`,
  'bare LF in the header': (context) => `${fields(context).replaceAll('\r\n', '\n')}\r\ntext\r\n`,
  'long lines': (context) => `${fields(context)}\r\n${'x'.repeat(995 + (context.turn % 4))}\r\nshort\r\n`,
  'lines beyond 998': (context) =>
    `${fields(context, context.turn % 2 ? TEXT_8BIT : `X-Long: ${'word '.repeat(300)}\r\n`)}\r\n` +
    `${'x'.repeat(999 + context.turn * 1_000)}\r\n${utf8(UTF8_TEXT.repeat(100 * (context.turn % 2)))}\r\nshort\r\n`,
  'lines beyond 998 in parts': (context) =>
    `${fields(context, 'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="b1"\r\n')}\r\n--b1\r\n` +
    `\r\ntext ${context.mark}\r\n--b1\r\nContent-Type: text/html; charset=utf-8\r\n` +
    `\r\n<p>${utf8(UTF8_TEXT)}${'y '.repeat(1_000 + context.turn)}</p>\r\n--b1--\r\n`,
  'leading dots': (context) => `${fields(context)}\r\n.\r\n..\r\n...a\r\n.b\r\n\r\n.`,
  'an empty body': (context) => `${fields(context)}\r\n`,
  'no blank line at all': (context) => fields(context),
  'no last line end': (context) => `${fields(context)}\r\ntext`,
  'only blank lines': (context) => `${fields(context)}\r\n${'\r\n'.repeat(context.turn % 9)}`,
  'trailing blanks and blank lines': (context) => `${fields(context)}\r\na \t \r\nb  \r\n \r\n\t\r\n\r\n\r\n`,
  'folded headers': (context) =>
    `${fields(context, `X-Folded: one\r\n two\r\n\t three \r\n  four\r\nX-Blanks:   a   b\t\tc  \r\n`)}\r\ntext\r\n`,
  'many headers': (context) =>
    `${fields(context, Array.from({ length: 60 }, (_, n) => `X-Field-${n}: ${'v'.repeat(n)}\r\n`).join(''))}\r\ntext\r\n`,
  'fields that may come twice': (context) =>
    `Received: from a by b; Mon, 5 Jan 2026 10:00:00 +0000\r\n${fields(context, 'Comments: one\r\nComments: two\r\nReply-To: reply@example.org\r\n')}\r\ntext\r\n`,
  'a multipart with an attachment': (context) =>
    `${fields(context, 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b1"\r\n')}\r\npreamble\r\n--b1\r\n` +
    `Content-Type: text/plain\r\n\r\ntext ${context.mark}\r\n--b1\r\nContent-Type: application/octet-stream\r\n` +
    `Content-Transfer-Encoding: base64\r\n\r\n${Buffer.alloc(60, context.mark).toString('base64')}\r\n--b1--\r\n`,
  'no Date and no Message-ID': ({ domain, mark }) => `From: ann@${domain}\r\nSubject: ${mark}\r\n\r\ntext\r\n`,
};
