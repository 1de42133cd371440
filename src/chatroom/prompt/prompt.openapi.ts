import { getSchemaPath } from '@nestjs/swagger';
import { describeHeaders } from '../../common/http/openapi.js';
import { REPLAYED_HEADER } from '../../infra/idempotency/idempotency.http.js';
import { AcceptedDto, MessageDto } from '../message/message.dto.js';
import { STREAM_RESPONSE } from '../message/stream.openapi.js';

const QUOTA_HEADERS = describeHeaders({
  'X-Quota-Limit': 'Prompts a day; absent where there is no limit.',
  'X-Quota-Remaining': 'Prompts left today.',
  'X-Quota-Reset': 'Seconds until the next day, in UTC.',
});

const headers = {
  ...describeHeaders({
    Location: 'The reply.',
    'Preference-Applied': '`wait=N`, where that was asked for.',
  }),
  ...QUOTA_HEADERS,
  ...REPLAYED_HEADER,
};

/** An accepted prompt in the OpenAPI document. */
export const ACCEPTED_RESPONSE = { type: AcceptedDto, description: 'Stored; the reply is queued.', headers };

/** A prompt whose client wanted to wait or to watch. */
export const ANSWERED_RESPONSE = {
  description: 'With `Prefer: wait=N`: the reply is finished. With `Accept: text/event-stream`: its stream',
  content: {
    'application/json': { schema: { $ref: getSchemaPath(AcceptedDto) } },
    ...STREAM_RESPONSE.content,
  },
  headers,
};

/** A reply that is to be had again. */
export const RETRIED_RESPONSE = { type: MessageDto, headers: { ...QUOTA_HEADERS, ...REPLAYED_HEADER } };
