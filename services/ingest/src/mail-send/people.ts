import { type Mailbox, parseMailbox } from '@penstock/mail';
import { OWN_TEXTS } from './error-texts.ts';
import { checkFields, fieldPath, isObject, refuseControlCharacters } from './fields.ts';
import type { Problems } from './problems.ts';

/** Somebody a message is from, to or answered to. */
export interface Person {
  readonly mailbox: Mailbox;
  readonly name?: string;
}

const PERSON_FIELDS = { supported: new Set(['email', 'name']) };

/** An `{email, name}` object; `text` says what SendGrid says about a bad one in this place. */
export function checkPerson(value: unknown, path: string, text: string, problems: Problems): Person | undefined {
  if (!isObject(value)) {
    problems.add(path, text);
    return undefined;
  }
  checkFields(value, path, PERSON_FIELDS, problems);
  const name = value.name === undefined ? undefined : checkName(value.name, fieldPath(path, 'name'), problems);
  const mailbox = checkAddress(value.email, path, text, problems);
  return mailbox && { mailbox, ...(name === undefined ? {} : { name }) };
}

function checkName(value: unknown, field: string, problems: Problems): string | undefined {
  if (typeof value !== 'string') {
    problems.add(field, OWN_TEXTS.name);
    return undefined;
  }
  refuseControlCharacters(value, field, problems);
  return value;
}

function checkAddress(value: unknown, path: string, text: string, problems: Problems): Mailbox | undefined {
  const parsed = typeof value === 'string' ? parseMailbox(value) : undefined;
  if (parsed?.ok) return parsed.mailbox;
  problems.add(fieldPath(path, 'email'), parsed?.problem === 'control_character' ? OWN_TEXTS.controlCharacters : text);
  return undefined;
}

export function checkPeople(value: readonly unknown[], path: string, text: string, problems: Problems): Person[] {
  const people: Person[] = [];
  for (let i = 0; i < value.length; i++) {
    const person = checkPerson(value[i], fieldPath(path, i), text, problems);
    if (person) people.push(person);
  }
  return people;
}
