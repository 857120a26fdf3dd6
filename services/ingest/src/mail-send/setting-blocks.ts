/**
 * `mail_settings` and `tracking_settings`. Of what can be switched on only the sandbox mode is supported; the rest may
 * be there, switched off, as many clients send it.
 */
import { SUPPRESSION_REASONS, type SuppressionReason } from '@penstock/events';
import { notSupportedText, OWN_TEXTS, unknownFieldText } from './error-texts.ts';
import { checkFields, fieldPath, isObject } from './fields.ts';
import type { Problems } from './problems.ts';

type SettingFields = Readonly<Record<string, readonly string[]>>;

const MAIL_SETTINGS: SettingFields = {
  sandbox_mode: [],
  bypass_list_management: [],
  bypass_spam_management: [],
  bypass_bounce_management: [],
  bypass_unsubscribe_management: [],
  bcc: ['email'],
  footer: ['text', 'html'],
  spam_check: ['threshold', 'post_to_url'],
};

const TRACKING_SETTINGS: SettingFields = {
  click_tracking: ['enable_text'],
  open_tracking: ['substitution_tag'],
  subscription_tracking: ['text', 'html', 'substitution_tag'],
  ganalytics: ['utm_source', 'utm_medium', 'utm_term', 'utm_content', 'utm_campaign'],
};

/** SendGrid's words for a switch that is no boolean. */
export const ENABLE_TEXTS: Readonly<Record<string, string>> = {
  'mail_settings.bcc.enable': 'The bcc enable param should be a boolean value.',
  'mail_settings.bypass_list_management.enable': 'The bypass list management enable param should be a boolean value.',
  'mail_settings.footer.enable': 'The footer enable param should be a boolean value.',
  'mail_settings.sandbox_mode.enable': 'The sandbox mode enable param should be a boolean value.',
  'mail_settings.spam_check.enable': 'The spam check enable param should be a boolean value.',
  'tracking_settings.click_tracking.enable': 'The click tracking enable param should be a boolean value.',
  'tracking_settings.click_tracking.enable_text': 'The click tracking enable text must be a boolean value.',
  'tracking_settings.ganalytics.enable': 'The Google Analytics enable param must be a boolean value.',
  'tracking_settings.open_tracking.enable': 'The open tracking enable param should be a boolean value.',
  'tracking_settings.subscription_tracking.enable': 'The subscription tracking enable param should be a boolean value.',
};

const SANDBOX = 'mail_settings.sandbox_mode';
const BYPASS_ALL = 'mail_settings.bypass_list_management';

/** What is sent although its recipient is suppressed. What an operator or the tenant decided by hand always counts. */
const BYPASSES: ReadonlyMap<string, readonly SuppressionReason[]> = new Map([
  [BYPASS_ALL, SUPPRESSION_REASONS.filter((reason) => reason !== 'manual')],
  ['mail_settings.bypass_spam_management', ['complaint']],
  ['mail_settings.bypass_bounce_management', ['bounce']],
  ['mail_settings.bypass_unsubscribe_management', ['unsubscribe']],
]);

export interface CheckedSettings {
  readonly sandbox: boolean;
  readonly bypass: readonly SuppressionReason[];
}

/** The settings that are switched on and mean something here; all others are refused. */
export function checkSettingBlocks(
  mailSettings: unknown,
  trackingSettings: unknown,
  problems: Problems,
): CheckedSettings {
  const mail = checkBlock(mailSettings, 'mail_settings', MAIL_SETTINGS, problems);
  const tracking = checkBlock(trackingSettings, 'tracking_settings', TRACKING_SETTINGS, problems);
  for (const field of [...mail, ...tracking]) {
    if (field !== SANDBOX && !BYPASSES.has(field)) problems.add(field, notSupportedText(field));
  }
  const bypasses = mail.filter((field) => BYPASSES.has(field));
  if (bypasses.length > 1 && bypasses.includes(BYPASS_ALL)) problems.add(BYPASS_ALL, OWN_TEXTS.bypassAllAlone);
  return { sandbox: mail.includes(SANDBOX), bypass: bypasses.flatMap((field) => BYPASSES.get(field) ?? []) };
}

/** The paths of the settings that are switched on. */
function checkBlock(block: unknown, path: string, settings: SettingFields, problems: Problems): readonly string[] {
  if (block === undefined) return [];
  if (!isObject(block)) {
    problems.add(path, OWN_TEXTS.settingsObject);
    return [];
  }
  return Object.entries(block).flatMap(([name, setting]) => {
    const field = fieldPath(path, name);
    const fields = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (fields === undefined) problems.add(field, unknownFieldText(field));
    else if (checkSetting(setting, field, fields, problems)) return [field];
    return [];
  });
}

function checkSetting(setting: unknown, path: string, fields: readonly string[], problems: Problems): boolean {
  if (!isObject(setting)) {
    problems.add(path, OWN_TEXTS.settingsObject);
    return false;
  }
  checkFields(setting, path, { supported: new Set(['enable', ...fields]) }, problems);
  checkSwitch(setting.enable_text, fieldPath(path, 'enable_text'), problems);
  return checkSwitch(setting.enable, fieldPath(path, 'enable'), problems);
}

function checkSwitch(value: unknown, field: string, problems: Problems): boolean {
  if (value !== undefined && typeof value !== 'boolean') {
    problems.add(field, ENABLE_TEXTS[field] ?? OWN_TEXTS.settingEnable);
  }
  return value === true;
}
