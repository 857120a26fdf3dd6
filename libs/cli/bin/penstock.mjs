#!/usr/bin/env node
// Starts the built command; plain JavaScript, so that `npx penstock` says what is missing before anything is built.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);
const MIN_NODE = 24;

if (Number(process.versions.node.split('.')[0]) < MIN_NODE) {
  console.error(`penstock needs Node ${MIN_NODE}; this is ${process.versions.node}. Try: npx penstock`);
  process.exitCode = 1;
} else if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('penstock is not built yet. Run: npm run build');
  process.exitCode = 1;
}
