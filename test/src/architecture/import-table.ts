/**
 * The layering, as data. A file belongs to the first zone whose pattern it matches; the zone says which of our
 * own packages it may import. What comes from outside has its places in PLACES.
 */

export interface Zone {
  readonly name: string;
  readonly pattern: RegExp;
  /** Names under @penstock/ it may import; `*` for all. */
  readonly own: readonly string[];
  /** Whether time, chance, environment and timers must come through ports. */
  readonly pure: boolean;
}

const DOMAIN = ['events', 'policy', 'scheduling', 'mail', 'reputation'];
const CAPABILITY = [...DOMAIN, 'ports', 'control', 'access', 'directory', 'sealing'];
const ADAPTERS = [
  'embedded',
  'memory',
  'kafka',
  'redis',
  'eventstore',
  's3',
  'smtp',
  'dns',
  'dkim',
  'telemetry',
  'system',
  'webhook',
].map((name) => `adapter-${name}`);

export const ZONES: readonly Zone[] = [
  { name: 'a domain spec', pattern: /^libs\/domain\/.*\.spec\.ts$/, own: DOMAIN, pure: false },
  { name: 'domain', pattern: /^libs\/domain\//, own: DOMAIN, pure: true },
  { name: 'ports', pattern: /^libs\/ports\//, own: ['events'], pure: true },
  { name: 'a conformance test of an adapter', pattern: /^libs\/adapters\/.*\.spec\.ts$/, own: ['*'], pure: false },
  {
    name: 'the embedded adapter, whose consumer groups live in memory',
    pattern: /^libs\/adapters\/embedded\//,
    own: [...DOMAIN, 'ports', 'adapter-memory', 'adapter-system'],
    pure: false,
  },
  {
    name: 'an adapter',
    pattern: /^libs\/adapters\//,
    own: [...DOMAIN, 'ports', 'sealing', 'adapter-system'],
    pure: false,
  },
  { name: 'control', pattern: /^libs\/control\/.*(?<!\.spec)\.ts$/, own: [...DOMAIN, 'ports'], pure: true },
  { name: 'access', pattern: /^libs\/access\/.*(?<!\.spec)\.ts$/, own: ['events'], pure: true },
  { name: 'directory', pattern: /^libs\/directory\/.*(?<!\.spec)\.ts$/, own: ['events', 'ports'], pure: true },
  { name: 'sealing', pattern: /^libs\/sealing\/.*(?<!\.spec)\.ts$/, own: [], pure: true },
  { name: 'nest', pattern: /^libs\/nest\//, own: [...CAPABILITY, 'adapter-memory', 'adapter-system'], pure: false },
  {
    name: 'what shells of services share',
    pattern: /^libs\/deployment\//,
    own: [...CAPABILITY, 'nest', ...ADAPTERS, 'testing'],
    pure: false,
  },
  {
    name: 'the command line',
    pattern: /^libs\/cli\//,
    own: ['events', 'policy', 'mail', 'adapter-dns', 'adapter-telemetry', 'adapter-kafka'],
    pure: false,
  },
  { name: 'verification', pattern: /^libs\/verification\//, own: [...CAPABILITY, ...ADAPTERS], pure: false },
  { name: 'standalone', pattern: /^services\/standalone\//, own: ['*'], pure: false },
  {
    name: 'the shell of a service',
    pattern: /^services\/[^/]+\/src\/(.*\/)?(main|settings|[^/]+\.module)\.ts$/,
    own: [...CAPABILITY, 'nest', 'deployment', ...ADAPTERS],
    pure: false,
  },
  {
    name: 'a controller',
    pattern: /^services\/[^/]+\/src\/.*\.controller\.ts$/,
    own: [...CAPABILITY, 'nest'],
    pure: true,
  },
  {
    name: 'a spec of a service',
    pattern: /^services\/[^/]+\/src\/.*\.spec\.ts$/,
    own: [...CAPABILITY, 'nest', ...ADAPTERS, 'testing', 'simulation'],
    pure: false,
  },
  { name: 'a capability of a service', pattern: /^services\/[^/]+\/src\//, own: CAPABILITY, pure: true },
  {
    name: 'control, access and directory specs',
    pattern: /^libs\/(control|access|directory|sealing)\//,
    own: [...CAPABILITY, ...ADAPTERS],
    pure: false,
  },
  { name: 'the local stack', pattern: /^infra\/local\//, own: [], pure: false },
  { name: 'a test across packages', pattern: /^test\/src\//, own: ['*'], pure: false },
];

const NEST = [
  /^libs\/(nest|deployment)\//,
  /^services\/standalone\//,
  /^services\/[^/]+\/src\/(.*\/)?(main|settings|[^/]+\.(module|controller))\.ts$/,
  // A service's doors are tested through the application they belong to.
  /^services\/[^/]+\/src\/.*\.spec\.ts$/,
];
const SPECS = /\.(spec|real)\.ts$/;
const CROSS_PACKAGE = /^(test|libs\/verification)\//;
const EMBEDDED = /^libs\/adapters\/embedded\//;
const S3 = /^libs\/adapters\/s3\//;
const DKIM = /^libs\/adapters\/dkim\//;
const SCRIPTED_BROKER = /^libs\/adapters\/kafka\/src\/scripted-broker\//;
/** Reads its scripts, which lie beside it, at start. */
const REDIS_SCRIPTS = /^libs\/adapters\/redis\/src\/connection\/lua-script\.ts$/;
const LOCAL_STACK = /^infra\/local\//;
const SHELLS = [
  LOCAL_STACK,
  /^libs\/(nest|cli|deployment)\//,
  /^services\/standalone\//,
  /^services\/[^/]+\/src\/(main|settings)\.ts$/,
];

/** Where each package and builtin from outside may be imported. One driver, one adapter. */
export const PLACES: Readonly<Record<string, readonly RegExp[]>> = {
  '@noble/hashes': [/^libs\/domain\//],
  'smol-toml': [/^libs\/domain\/policy\//, /^libs\/deployment\//],
  tldts: [/^libs\/domain\//],
  zod: [/^libs\/(domain|nest)\//, /^services\/[^/]+\/src\//],
  libmime: [/^libs\/domain\/mail\//, /^services\/ingest\//],
  nodemailer: [/^services\/ingest\//, CROSS_PACKAGE],
  'smtp-server': [CROSS_PACKAGE, /^libs\/adapters\/smtp\/.*\.spec\.ts$/],
  '@nestjs/common': NEST,
  '@nestjs/core': NEST,
  '@nestjs/microservices': NEST,
  '@nestjs/platform-fastify': NEST,
  'reflect-metadata': NEST,
  rxjs: NEST,
  fastify: NEST,
  pino: [/^libs\/nest\//],
  commander: [/^libs\/cli\//, LOCAL_STACK],
  'cli-progress': [/^libs\/cli\//, CROSS_PACKAGE],
  '@sendgrid/mail': [/^test\//],
  mailauth: [SPECS, CROSS_PACKAGE],
  selfsigned: [/^libs\/adapters\/smtp\//, /^services\/standalone\//, SPECS, CROSS_PACKAGE],
  kafkajs: [/^libs\/adapters\/kafka\//, CROSS_PACKAGE, SPECS],
  ioredis: [/^libs\/adapters\/redis\//, CROSS_PACKAGE, SPECS],
  '@aws-sdk/client-s3': [/^libs\/adapters\/s3\//, SPECS],
  '@eventstore/db-client': [/^libs\/adapters\/eventstore\//, SPECS],
  '@grpc/grpc-js': [SPECS],
  'google-protobuf': [SPECS],
  '@opentelemetry/api': [/^libs\/adapters\/telemetry\//, SPECS],
  '@opentelemetry/sdk-trace': [/^libs\/adapters\/telemetry\//, SPECS],
  '@opentelemetry/resources': [/^libs\/adapters\/telemetry\//, SPECS],
  '@opentelemetry/exporter-trace-otlp-proto': [/^libs\/adapters\/telemetry\//, SPECS],
  '@sendgrid/eventwebhook': [SPECS, /^test\//],
  'prom-client': [/^libs\/nest\//],
  'oxc-parser': [/^test\/src\/architecture\//],
  'fast-check': [SPECS, CROSS_PACKAGE],
  ajv: [SPECS, CROSS_PACKAGE],
  'node:test': [SPECS, CROSS_PACKAGE, SCRIPTED_BROKER],
  'node:assert': [SPECS, CROSS_PACKAGE],
  'node:sqlite': [EMBEDDED],
  'node:worker_threads': [EMBEDDED, DKIM, /^services\/standalone\//],
  'node:zlib': [EMBEDDED, S3],
  'node:net': [LOCAL_STACK, SCRIPTED_BROKER, /^libs\/adapters\/(smtp|webhook)\//, CROSS_PACKAGE, SPECS],
  'node:tls': [/^libs\/adapters\/smtp\//, CROSS_PACKAGE, SPECS],
  'node:dns': [/^libs\/adapters\/(dns|webhook)\//, CROSS_PACKAGE, SPECS],
  'node:dgram': [CROSS_PACKAGE, SPECS],
  'node:http': [/^libs\/adapters\/webhook\//, CROSS_PACKAGE, SPECS],
  'node:https': [/^libs\/adapters\/webhook\//],
  'node:child_process': [LOCAL_STACK, /^libs\/cli\/src\/stopped-platform\.ts$/, CROSS_PACKAGE, SPECS],
  'node:crypto': [
    LOCAL_STACK,
    /^libs\/domain\/events\/src\/ids\.ts$/,
    /^libs\/(access|adapters|nest|deployment|cli|sealing)\//,
    /^services\//,
    CROSS_PACKAGE,
    SPECS,
  ],
  'node:fs': [EMBEDDED, S3, REDIS_SCRIPTS, ...SHELLS, CROSS_PACKAGE, SPECS],
  'node:os': [EMBEDDED, DKIM, /^libs\/adapters\/system\//, ...SHELLS, CROSS_PACKAGE, SPECS],
  'node:process': [...SHELLS, CROSS_PACKAGE, SPECS],
  'node:path': [/^libs\/adapters\//, ...SHELLS, CROSS_PACKAGE, SPECS],
  'node:url': [/^libs\/adapters\//, ...SHELLS, CROSS_PACKAGE, SPECS],
  'node:buffer': [/^libs\/adapters\//],
  'node:events': [/^libs\/adapters\//, ...SHELLS, CROSS_PACKAGE, SPECS],
  'node:stream': [/^libs\/adapters\//, /^services\/ingest\//, CROSS_PACKAGE, SPECS],
  'node:util': [/^libs\/(adapters|nest|cli)\//, CROSS_PACKAGE, SPECS],
  'node:perf_hooks': [CROSS_PACKAGE, SPECS],
  'node:readline': [CROSS_PACKAGE],
  'node:module': [/^libs\/adapters\/kafka\/src\/client\//, CROSS_PACKAGE],
  'node:timers': [CROSS_PACKAGE, LOCAL_STACK],
};

/** What `node:crypto` is for in a service: fingerprints and comparison, never chance. */
export const CRYPTO_IN_SERVICES: ReadonlySet<string> = new Set([
  'createHash',
  'createHmac',
  'hash',
  'timingSafeEqual',
  'createCipheriv',
  'createDecipheriv',
]);
