/** Where the rules and their samples stand. */
export const GMAIL_CODES = 'support.google.com/a/answer/3726730 "Gmail SMTP errors and codes", updated 2026-06-18';
export const OUTLOOK_POSTMASTER = 'Outlook.com postmaster pages "Troubleshooting" and "Policies"';
export const EXCHANGE_ONLINE_NDR =
  'MicrosoftDocs/OfficeDocs-Exchange@52e8b70 non-delivery-reports-in-exchange-online.md';
export const FIELD_MANUAL = 'ActiveCampaign/smtp-field-manual@67831a2';
export const KUMOMTA_SHAPING = 'KumoCorp/kumomta@3ebc1e8 assets/policy-extras/shaping.toml';
export const KUMOMTA_COMMUNITY = 'KumoCorp/kumomta@3ebc1e8 assets/community/shaping.toml';
export const KUMOMTA_RESPONSES = 'KumoCorp/kumomta@3ebc1e8 examples/smart-sink-docker/policy/responses.toml';
export const SISIMAI = 'sisimai/rb-sisimai@9c4a184 lib/sisimai/rhost';
