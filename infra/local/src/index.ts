export type { EngineName } from './engines.ts';
export type { KafkaLine } from './kafka/releases.ts';
export type { LocalServer, ServerStatus } from './processes/local-server.ts';
export type { StackSettings } from './settings.ts';
export { openStack, type S3Address, type Stack, type StackAddresses, type StackOptions, startStack } from './stack.ts';
export { type MissingTool, MissingToolsError } from './tools/run-tool.ts';
