/** Between the messages of the client's own definitions and what the peer keeps. */

import type { StreamIdentifier, UUID } from '@eventstore/db-client/generated/shared_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import status from '@eventstore/db-client/generated/status_pb.js';
import type {
  AppendReq,
  AppendResp,
  BatchAppendReq,
  BatchAppendResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import any from 'google-protobuf/google/protobuf/any_pb.js';
import empty from 'google-protobuf/google/protobuf/empty_pb.js';
import type { AppendAnswer, Expected, StoredEvent } from './stored-streams.spec.ts';

const decoder = new TextDecoder();

export function streamName(identifier: StreamIdentifier | undefined): string {
  if (!identifier) throw new TypeError('a request without the name of its stream');
  return decoder.decode(identifier.getStreamName_asU8());
}

export function uuidText(id: UUID | undefined): string {
  if (!id?.hasString()) throw new TypeError('an id that is no text');
  return id.getString();
}

type Proposed = AppendReq.ProposedMessage | BatchAppendReq.ProposedMessage;

export function storedEvent(proposed: Proposed): StoredEvent {
  const metadata = proposed.getMetadataMap();
  return {
    id: uuidText(proposed.getId()),
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') ?? '',
    data: proposed.getData_asU8(),
    metadata: proposed.getCustomMetadata_asU8(),
  };
}

export function expectedByAppend(options: AppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasRevision() ? BigInt(options.getRevision()) : 'any';
}

export function expectedByBatch(options: BatchAppendReq.Options): Expected {
  if (options.hasNoStream()) return 'no_stream';
  if (options.hasStreamExists()) return 'stream_exists';
  return options.hasStreamPosition() ? BigInt(options.getStreamPosition()) : 'any';
}

export function appendResp(answer: AppendAnswer, expected: Expected): AppendResp {
  const response = new streams.AppendResp();
  if (answer.kind !== 'wrong_expected_version') {
    const success = new streams.AppendResp.Success();
    success.setCurrentRevision(`${answer.current}`);
    success.setNoPosition(new shared.Empty());
    return response.setSuccess(success);
  }
  const wrong = new streams.AppendResp.WrongExpectedVersion();
  if (answer.current >= 0) wrong.setCurrentRevision(`${answer.current}`);
  else wrong.setCurrentNoStream(new shared.Empty());
  if (expected === 'no_stream') wrong.setExpectedNoStream(new shared.Empty());
  else if (typeof expected === 'bigint') wrong.setExpectedRevision(`${expected}`);
  return response.setWrongExpectedVersion(wrong);
}

/** Code of google.rpc.Code: FAILED_PRECONDITION. */
const FAILED_PRECONDITION = 9;

export function batchAppendResp(
  correlationId: UUID,
  identifier: StreamIdentifier,
  answer: AppendAnswer,
  expected: Expected,
): BatchAppendResp {
  const response = new streams.BatchAppendResp();
  response.setCorrelationId(correlationId);
  response.setStreamIdentifier(identifier);
  if (answer.kind !== 'wrong_expected_version') {
    const success = new streams.BatchAppendResp.Success();
    success.setCurrentRevision(`${answer.current}`);
    success.setNoPosition(new empty.Empty());
    return response.setSuccess(success);
  }
  const wrong = new shared.WrongExpectedVersion();
  if (answer.current >= 0) wrong.setCurrentStreamRevision(`${answer.current}`);
  else wrong.setCurrentNoStream(new empty.Empty());
  if (expected === 'no_stream') wrong.setExpectedNoStream(new empty.Empty());
  else if (typeof expected === 'bigint') wrong.setExpectedStreamPosition(`${expected}`);
  const details = new any.Any();
  details.pack(wrong.serializeBinary(), 'event_store.client.WrongExpectedVersion');
  const error = new status.Status();
  error.setCode(FAILED_PRECONDITION);
  error.setMessage('WrongExpectedVersion');
  error.setDetails(details);
  return response.setError(error);
}

/** Which events a read asks for, as indexes into the stream, in the order they are answered. */
export function indexesRead(options: ReadReq.Options, length: number): readonly number[] {
  const stream = options.getStream();
  if (!stream) throw new TypeError('only streams are read here');
  const backwards = options.getReadDirection() === streams.ReadReq.Options.ReadDirection.BACKWARDS;
  const at = stream.hasRevision() ? Number(stream.getRevision()) : stream.hasEnd() ? length - 1 : 0;
  const count = Number(options.getCount());
  const last = backwards ? Math.max(-1, at - count) : Math.min(length, at + count);
  const indexes: number[] = [];
  for (let i = Math.min(at, length); i !== last && i < length; i += backwards ? -1 : 1) indexes.push(i);
  return indexes;
}

export function eventRead(identifier: StreamIdentifier, event: StoredEvent, revision: number): ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent();
  const id = new shared.UUID();
  id.setString(event.id);
  recorded.setId(id);
  recorded.setStreamIdentifier(identifier);
  recorded.setStreamRevision(`${revision}`);
  recorded.setPreparePosition('0');
  recorded.setCommitPosition('0');
  recorded.getMetadataMap().set('type', event.type);
  recorded.getMetadataMap().set('content-type', event.contentType);
  recorded.getMetadataMap().set('created', '0');
  recorded.setCustomMetadata(event.metadata);
  recorded.setData(event.data);
  const read = new streams.ReadResp.ReadEvent();
  read.setEvent(recorded);
  read.setNoPosition(new shared.Empty());
  return new streams.ReadResp().setEvent(read);
}

export function notFound(identifier: StreamIdentifier): ReadResp {
  const missing = new streams.ReadResp.StreamNotFound();
  missing.setStreamIdentifier(identifier);
  return new streams.ReadResp().setStreamNotFound(missing);
}
