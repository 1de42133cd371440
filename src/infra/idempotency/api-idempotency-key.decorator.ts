import { ApiHeader } from '@nestjs/swagger';
import { describeHeaders } from '../../common/http/describe-headers.js';

/** Documents that a route takes a key, and what that is good for. */
export const ApiIdempotencyKey = () =>
  ApiHeader({
    name: 'Idempotency-Key',
    required: false,
    description: 'The same key and body within 24 h is one request, however often it is sent',
  });

/** The header of an answer that is given once more. */
export const REPLAYED_HEADER = describeHeaders({
  'Idempotency-Replayed': '`true`: the answer to an earlier request.',
});
