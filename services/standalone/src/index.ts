export { SETTINGS } from './settings.ts';
export { becameReady, type Standalone, type StandaloneOptions, startStandalone } from './standalone.ts';
