/**
 * SendGrid's own words for what it refuses (samples/sendgrid-mail-send-errors.json, from its published reference), so
 * that clients which show or match them keep working. Where its reference has none, the words are ours.
 */

const EXAMPLE =
  'e.g. {"email": "example@example.com"} or {"email": "example@example.com", "name": "Example Recipient"}';

export const SENDGRID_TEXTS = {
  noPersonalization: 'You must have at least one personalization.',
  tooManyRecipients: 'There is a limit of 1000 total recipients (to + cc + bcc) per request.',
  toRequired: 'The to parameter is required for all personalization objects.',
  to: `The to array must at least have an email parameter with a valid email address and it may also contain a name parameter. ${EXAMPLE}`,
  cc: `The cc array, when used, must at least have an email parameter with a valid email address and it may also contain a name parameter. ${EXAMPLE}`,
  bcc: `The bcc array, when used, must at least have an email parameter with a valid email address and it may also contain a name parameter. ${EXAMPLE}`,
  from: `The from object must at least have an email parameter with a valid email address and may also contain a name parameter. ${EXAMPLE}`,
  fromRequired: `The from object must be provided for every email send. It is an object that requires the email parameter, but may also contain a name parameter.  ${EXAMPLE}`,
  replyTo: `The reply_to object, when used, must at least have an email parameter with a valid email address and it may also contain a name parameter. ${EXAMPLE}`,
  subject: 'The subject of your email must be a string at least one character in length.',
  subjectRequired:
    'The subject is required. You can get around this requirement if you use a template with a subject defined or if every personalization has a subject defined.',
  contentRequired: 'The content param is required.',
  contentEmpty:
    'There must be at least one defined content block. We typically suggest both text/plain and text/html blocks are included, but only one block is required.',
  contentTypeRequired: 'A content type is required, this tells email clients how to display the email.',
  contentType: 'Your content type must be a string with length of at least one character.',
  contentTypeUnsafe: "Cannot contain ';', or CRLF characters.",
  contentValueRequired: 'A content value is required, this is the content of the email you are sending.',
  contentValue: 'The content value must be a string at least one character in length.',
  contentOrder:
    'Following RFC 1341, section 7.2, if either text/html or text/plain are to be sent in your email: text/plain needs to be first, followed by text/html, followed by any other content.',
  attachmentBase64: 'The attachment content must be base64 encoded.',
  attachmentContent: 'The attachment content must be a string at least one character in length.',
  attachmentType: 'The attachment type must be a string and at least one character in length.',
  attachmentTypeUnsafe: "The type cannot contain ';', or CRLF characters.",
  filename: 'The filename of your attachment must be a string.',
  filenameUnsafe: 'The filename of your attachment cannot contain CRLF characters.',
  filenameRequired: 'filename is required.',
  contentIdUnsafe: 'The content ID of your attachment cannot contain CRLF characters.',
  categories: 'Categories must be an array of strings.',
  categoriesAscii: 'Categories can not contain non-ASCII characters.',
  headerValues: 'The header values must be strings.',
  headerDuplicate: 'The headers cannot contain duplicate keys.',
  headerName: 'Header keys cannot contain non-ASCII characters and empty spaces.',
  headerReserved: 'Header can not be one of the reserved keys.',
  customArgs: 'All values of custom arguments object must be strings',
  customArgsEmpty: 'custom_args cannot be empty.',
  customArgsSize:
    'The combined size of both global and personalization custom arguments may not exceed 10,000 bytes per personalization.',
  substitutions: 'The substitution values must be an object of key/value pairs, where the values are all strings.',
  sendAt:
    'The send_at parameter is expecting a Unix timestamp as an integer. We will send immediately if you include a send_at timestamp that is in the past.',
  sendAtHorizon: 'Scheduling more than 72 hours in advance is forbidden.',
  poolName: 'The name of your IP pool must be a string.',
} as const;

/** SendGrid's texts that repeat what was given; square brackets and X stand for it in its reference. */
export const SENDGRID_TEXTS_WITH = {
  tooManyPersonalizations: (count: number) =>
    `The personalization block is limited to 1000 personalizations per API request. You have provided ${count} personalizations. Please consider splitting this into multiple requests and resending your request.`,
  duplicateAddress: (address: string) =>
    `Each unique email address in the personalizations array should only be included once. You have included ${address} more than once.`,
  tooManyCategories: (count: number) =>
    `There is a limit of 10 categories for each email that is sent. You provided ${count} categories.`,
  categoryTooLong: (category: string) =>
    `Each category must not be longer than 255 characters. ${category} exceeds this limit`,
  duplicateCategory: (category: string) =>
    `The categories must be a unique list, and you have included ${category} more than once.`,
  disposition: (given: string) =>
    `The disposition of your attachment can be either "inline" or "attachment". You provided ${given}.`,
  contentId: (given: string) => `The content ID of your attachment must be a string. You provided ${given}.`,
  unknownPool: (name: string) => `The IP Pool name must be a valid pool name for your account. You provided ${name}.`,
} as const;

export const OWN_TEXTS = {
  notAnObject: 'The request body must be a JSON object.',
  personalizations: 'The personalizations parameter must be an array of objects.',
  controlCharacters: 'Control characters such as CR, LF and NUL are not allowed here.',
  name: 'The name must be a string.',
  replyToBoth: 'reply_to and reply_to_list cannot be used together.',
  replyToList: 'The reply_to_list must be an array of 1 to 1000 recipient objects.',
  mediaType: 'The type must be a media type such as text/html.',
  attachments: 'The attachments parameter must be an array of objects.',
  contentIdText: 'The content ID can only contain ASCII letters, digits and punctuation, without angle brackets.',
  headers: 'The headers parameter must be an object of strings.',
  customArgsObject: 'The custom_args parameter must be an object of strings.',
  poolLength: 'The name of your IP pool must have 2 to 64 characters.',
  settingsObject: 'This parameter must be an object.',
  settingEnable: 'The enable param should be a boolean value.',
  contentText: 'NUL and lone surrogates (text that is no valid Unicode) are not allowed here.',
  substitutionsSize: 'The substitutions of one personalization may not exceed 10,000 bytes.',
  substitutionTag: 'A substitution tag must have 1 to 100 characters.',
  substitutionSets:
    'The personalizations use too many different sets of substitution tags for content of this length. Use the same tags in all of them.',
  substitutedTooLong: 'With these values the subject, a header or the content becomes too long.',
  substitutedControls:
    'A value used in the subject or a header may not hold control characters such as CR, LF and NUL.',
  templateTooLong: 'Content with substitution tags may have 1,000,000 characters at most.',
  bypassAllAlone: 'bypass_list_management cannot be used together with the other bypass settings.',
  idempotencyKey: 'The Idempotency-Key header must have 1 to 255 printable ASCII characters.',
  idempotencyKeyReused:
    'This Idempotency-Key was used for another request within the last 24 hours. Send the same body again, or use a new key.',
  copiesTooLarge:
    'The headers of all copies together are too large: each recipient of a personalization gets a copy that names all of its to and cc. Use one personalization per recipient.',
} as const;

export function notSupportedText(field: string): string {
  return `${field} is not supported yet.`;
}

export function unknownFieldText(field: string): string {
  return `${field} is not a field of this request.`;
}
