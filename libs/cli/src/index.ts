export { HttpClient } from './api/http-client.ts';
export { PlatformApi } from './api/platform-api.ts';
export * from './api/views.ts';
export { runCommand } from './command.ts';
export { type Console, UserError } from './console.ts';
export { counted, duration } from './rendering/quantities.ts';
export { providersText } from './rendering/status-text.ts';
export { table } from './rendering/table.ts';
export { timelineText } from './rendering/timeline-text.ts';
