export { type ContentSettings, openContent } from './engines/content.ts';
export { formerOwners } from './engines/former-owners.ts';
export { openStateFolder } from './engines/local-state.ts';
export { openServiceResolver } from './engines/policy-resolver.ts';
export { memoryQuotas, openRedisQuotas } from './engines/quotas.ts';
export { openReads } from './engines/reads.ts';
export { openRoom } from './engines/room.ts';
export { openWebhooks, type WebhookAllowance, type WebhookPosting } from './engines/webhooks.ts';
export { type ApiKeySettings, defaultKey, keysOfSettings } from './keys/settings-keys.ts';
export { dispatcherSamples } from './metrics/dispatcher-samples.ts';
export { committedLags, groupProgress, schedulerLagSample, storedLags } from './metrics/lag-samples.ts';
export { projectedSamples } from './metrics/projected-samples.ts';
export { webhookSamples } from './metrics/webhook-samples.ts';
export { publishFirstPolicy } from './policy/first-policy.ts';
export { reloadPolicy } from './policy/policy-reload.ts';
export { type LoadedPolicy, loadPolicy, type PolicySettings } from './policy/policy-text.ts';
export { checkRetention } from './policy/retention-check.ts';
export { SERVICES, type ServiceName } from './settings/config-file.ts';
export {
  HOST_SETTINGS,
  IDENTITY_SETTINGS,
  LAG_SETTINGS,
  SECRET_KEY_SETTINGS,
  SUBMISSION_SETTINGS,
  WATCH_SETTINGS,
} from './settings/door-settings.ts';
export {
  CONTENT_SETTINGS,
  COPY_SETTINGS,
  POLICY_SETTINGS,
  QUOTA_SETTINGS,
  READ_SETTINGS,
  RETENTION_SETTINGS,
  SANDBOX_SETTINGS,
  WEBHOOK_SETTINGS,
} from './settings/engine-settings.ts';
export { allSettingNames, OWNER_SETTINGS, processSettings, stateSettings } from './settings/process-settings.ts';
export { requiredSecretKey } from './settings/required.ts';
export { DISK_SETTINGS, SMARTHOST_SETTINGS } from './settings/safety-settings.ts';
export { createApplication, listenHttp, startService } from './shell/application.ts';
export { runService } from './shell/run-service.ts';
export type { AssembledService, ServiceWorld, ShellSettings } from './shell/service-shell.ts';
export { prepareDataFolder } from './startup/data-folder.ts';
export type { PortSetting } from './startup/ports.ts';
export { createPrivateFile, readPrivateFile } from './startup/private-file.ts';
export { errnoOf, StartupError } from './startup/startup-error.ts';
export { UndoStack } from './startup/undo-stack.ts';
export { openSubmissionTls, type SubmissionTls } from './tls/submission-tls.ts';
