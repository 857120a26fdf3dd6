import { S3Client } from '@aws-sdk/client-s3';
import {
  type ContentDeps,
  contentPorts,
  openContent,
  type SharedContent,
  type SharedContentOptions,
} from './open-content.ts';
import { type RetryBounds, SHIPPED_RETRIES } from './storage/s3-requests.ts';
import { S3Storage } from './storage/s3-storage.ts';

export interface S3ContentOptions extends ContentDeps, SharedContentOptions {
  readonly bucket: string;
  /** Objects lie below it; empty for the whole bucket. */
  readonly prefix?: string;
  /** Undefined for Amazon's, by the region. */
  readonly endpoint?: string;
  readonly region: string;
  /** Both, or neither: then they are found as Amazon's tools find them (environment, profile, role of the machine). */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  /** `endpoint/bucket` instead of `bucket.endpoint`, as most servers other than Amazon's need it. */
  readonly forcePathStyle?: boolean;
  readonly retries?: RetryBounds;
}

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 10_000;
const CONNECTIONS = 64;

/** A PUT takes tens of milliseconds: segments overlap, and reads wait for one another a little. */
const SHIPPED = {
  lingerMs: 5,
  segmentBytes: 8 * 1024 * 1024,
  inFlight: 8,
  gatherMs: 2,
  readAheadBytes: 256 * 1024,
  cacheBytes: 64 * 1024 * 1024,
};

/**
 * Content and state copies in an S3 bucket.
 *
 * @throws StorageSetupError that names what is missing: the bucket, or the permission to write, read, list or delete.
 */
export async function openS3Content(options: S3ContentOptions): Promise<SharedContent> {
  const ports = contentPorts(options);
  const prefix = (options.prefix ?? '').replaceAll(/^\/+|\/+$/g, '');
  const storage = new S3Storage(
    s3Client(options),
    { bucket: options.bucket, prefix },
    ports,
    options.retries ?? SHIPPED_RETRIES,
  );
  return openContent(storage, `S3 bucket ${options.bucket}`, ports, { ...SHIPPED, ...options.packing });
}

function s3Client({ region, endpoint, accessKeyId, secretAccessKey, forcePathStyle }: S3ContentOptions): S3Client {
  const agent = { keepAlive: true, maxSockets: CONNECTIONS };
  return new S3Client({
    region,
    forcePathStyle: forcePathStyle ?? endpoint !== undefined,
    // Repeated by us, so that the body of an answer counts, and time and chance are ours.
    maxAttempts: 1,
    // The signature covers the body's SHA-256, and every blob has a CRC of its own.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: CONNECT_WITHIN_MS,
      requestTimeout: ANSWER_WITHIN_MS,
      throwOnRequestTimeout: true,
      socketTimeout: ANSWER_WITHIN_MS,
      httpAgent: agent,
      httpsAgent: agent,
    },
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(accessKeyId !== undefined && secretAccessKey !== undefined
      ? { credentials: { accessKeyId, secretAccessKey } }
      : {}),
  });
}
