/** Mail that tries to end before its end: every variant of the end of data, anywhere, with and without neighbours. */
import fc from 'fast-check';

/** What some host somewhere takes for the end of a message. */
const ENDS = [
  '\n.\n',
  '\r.\r',
  '\n.\r\n',
  '\r\n.\r',
  '\r\n.\n',
  '\r.\n',
  '\n.\r',
  '\r.\r\n',
  '\r\n.\r\n',
  '\n\r.\n\r',
  '\r\r\n.\r\r\n',
  '\n\n.\n\n',
] as const;

const NEIGHBOURS = ['', '.', '..', '\r', '\n', '\r\n', ' ', '\t', 'x', '.\r', '.\n'] as const;

/** What would follow a message that has ended too early. */
const SMUGGLED =
  'MAIL FROM:<eve@evil.example>\r\nRCPT TO:<victim@evil.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled';

/** Sizes at which sockets, files and buffers like to cut. */
const BORDERS = [0, 1, 1_024, 4_096, 8_192, 16_384, 32_768, 65_536] as const;

const end: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...NEIGHBOURS), fc.constantFrom(...ENDS), fc.constantFrom(...NEIGHBOURS))
  .map((parts) => parts.join(''));

const filler: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...BORDERS), fc.integer({ min: -8, max: 8 }))
  .map(([border, shift]) => lines(Math.max(0, border + shift)));

/** CRLF lines of 60 and what is left over, so that what follows lies at the border and not always at a line's start. */
function lines(bytes: number): string {
  const line = `${'a'.repeat(58)}\r\n`;
  return line.repeat(Math.floor(bytes / line.length)) + 'b'.repeat(bytes % line.length);
}

const word: fc.Arbitrary<string> = fc.constantFrom('text', 'Grüße', 'a.b', '.hidden', 'x'.repeat(90));

/** Text that holds at least one end. */
export const hostileText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: word }, { weight: 1, arbitrary: filler }),
    fc.array(
      fc.oneof(
        { weight: 4, arbitrary: end },
        { weight: 1, arbitrary: fc.constant(SMUGGLED) },
        { weight: 2, arbitrary: word },
      ),
      {
        maxLength: 6,
      },
    ),
    end,
    fc.constantFrom('', SMUGGLED, 'text', '\r', '\n', '.', '\r\n.'),
  )
  .map(([first, middle, last, tail]) => [first, ...middle, last, tail].join(''));

/** Text for a header: the same without what only a body can be that long for. */
export const hostileHeader: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('', 'text'), end, fc.constantFrom('', 'text', SMUGGLED))
  .map((parts) => parts.join(''));

/** Where a client cuts what it sends. */
export const cuts: fc.Arbitrary<readonly number[]> = fc.array(fc.nat(70_000), { maxLength: 4 });

/** Every line end as a CRLF: what a receiver may see of it. */
export function repaired(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
