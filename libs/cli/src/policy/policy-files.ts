import { readFileSync } from 'node:fs';
import { type CheckedPolicy, checkPolicy, composePolicy, keyLines, type PolicyProblem } from '@penstock/policy';
import { UserError } from '../console.ts';

export interface ComposedFiles {
  /** One text that says what all of them say. */
  readonly text: string;
  readonly checked: CheckedPolicy;
  /** Each problem with the file and line where it stands. */
  readonly told: readonly string[];
}

/** @throws UserError where one cannot be read or is no TOML */
export function composeFiles(files: readonly string[]): ComposedFiles {
  const read = files.map((file) => ({ file, text: readPolicyFile(file) }));
  const broken = read.flatMap(({ file, text }) => {
    const fault = checkPolicy(text).problems.find(isNoToml);
    return fault ? [tell(file, fault)] : [];
  });
  if (broken.length > 0) throw new UserError(broken.join('\n'));
  const text = composePolicy(read.map((one) => one.text));
  const checked = checkPolicy(text);
  const placed = read.map((one) => ({ file: one.file, lines: keyLines(one.text) }));
  const told = checked.problems.map((problem) => {
    // Where several files say it the last one counts.
    const place = placed.findLast(({ lines }) => lines.has(problem.key));
    const { line: _line, ...found } = problem;
    const line = place?.lines.get(problem.key);
    return tell(place?.file ?? files.at(-1) ?? '', line === undefined ? found : { ...found, line });
  });
  return { text, checked, told };
}

/** @throws UserError where it cannot be read */
export function readPolicyFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new UserError(`${file} cannot be read (${code})`);
  }
}

/** The parser's own complaint concerns no key. */
function isNoToml({ severity, key }: PolicyProblem): boolean {
  return severity === 'error' && key === '';
}

/** `FILE:LINE: error: provider.gmail.connection_limit: "many" is not …`, as compilers say it. */
function tell(file: string, { severity, key, line, message }: PolicyProblem): string {
  const place = line === undefined ? file : `${file}:${line}`;
  return [place, severity, ...(key === '' ? [] : [key]), message].join(': ');
}
