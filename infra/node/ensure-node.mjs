// Penstock needs Node 24. On a machine with an older one, this installs the `node` package beside the other
// dependencies, unsaved: node_modules/.bin then puts Node 24 first for every npm script and for npx.
// Whoever has Node 24 pays nothing.
import { spawnSync } from 'node:child_process';

const WANTED_MAJOR = 24;
const NODE_PACKAGE = 'node@24.21.0';

const major = Number(process.versions.node.split('.')[0]);
if (major < WANTED_MAJOR) {
  console.log(
    `Node ${process.versions.node} is older than ${WANTED_MAJOR}: installing ${NODE_PACKAGE} into node_modules.`,
  );
  const install = spawnSync(
    'npm',
    ['install', '--no-save', '--ignore-scripts=false', '--workspaces=false', NODE_PACKAGE],
    {
      stdio: 'inherit',
      env: { ...process.env, npm_config_global: 'false' },
    },
  );
  if (install.status !== 0) {
    console.error(
      `Could not install ${NODE_PACKAGE}. Install Node ${WANTED_MAJOR} yourself and run npm install again.`,
    );
    process.exit(1);
  }
}
