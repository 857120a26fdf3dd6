/** An S3 server over a folder: Versity's gateway, whose objects are plain files below `s3/data`. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { ServerPlan } from '../processes/local-server.ts';
import { LOOPBACK } from '../processes/ports.ts';
import { fetchGoProgram, type GoProgram, missingForGo, programPath } from '../tools/go-program.ts';
import { askHttp } from '../tools/http-check.ts';

const GATEWAY: GoProgram = {
  module: 'github.com/versity/versitygw',
  version: 'v1.8.0',
  main: 'cmd/versitygw',
  buildTakes: 'about three minutes of CPU',
};

/** For a server that listens on loopback only and holds what may be lost. */
export const S3_ACCESS = {
  accessKeyId: 'penstock',
  secretAccessKey: 'penstock-local',
  region: 'us-east-1',
  /** Made before the server starts. */
  bucket: 'penstock',
} as const;

const HEALTH = '/health';
const ANSWER_WITHIN_MS = 2_000;

interface S3Place {
  readonly folder: string;
  readonly cache: string;
  readonly port: number;
}

export function s3Engine(place: S3Place): Engine {
  return {
    name: 's3',
    servers: [s3Server(place)],
    missing: () => missingForGo(GATEWAY, place.cache),
    fetch: (report) => fetchGoProgram(GATEWAY, place.cache, report),
  };
}

function s3Server({ folder: stackFolder, cache, port }: S3Place): ServerPlan {
  const folder = join(stackFolder, 's3');
  const data = join(folder, 'data');
  const metadata = join(folder, 'metadata');
  const listen = ['--port', `${LOOPBACK}:${port}`, '--health', HEALTH, '--region', S3_ACCESS.region, '--quiet'];
  return {
    name: 's3',
    version: GATEWAY.version,
    ports: [port],
    command: programPath(GATEWAY, cache),
    // Metadata beside the objects, not in extended attributes, which not every file system has.
    args: [...listen, 'posix', '--sidecar', metadata, data],
    environment: {
      ROOT_ACCESS_KEY_ID: S3_ACCESS.accessKeyId,
      ROOT_SECRET_ACCESS_KEY: S3_ACCESS.secretAccessKey,
    },
    folder,
    marker: data,
    readyWithinMs: 30_000,
    stopWithinMs: 10_000,
    prepare: async () => {
      mkdirSync(join(data, S3_ACCESS.bucket), { recursive: true });
      mkdirSync(metadata, { recursive: true });
    },
    notReady: () => askHttp(`http://${LOOPBACK}:${port}${HEALTH}`, ANSWER_WITHIN_MS),
  };
}
