/** How the OpenAPI document describes the stream of a reply. */
export const STREAM_RESPONSE = {
  description: [
    'Server-sent events, each with a growing `id`:',
    '`accepted` (only from POST: `{ message, reply }`), `delta` (`{ text }`),',
    '`restart` (`{ attempt }`: drop the text so far), then one of `completed`, `failed`, `cancelled`, `incomplete`',
    '(the Message), after which the server closes. A comment line comes about every 15 s.',
    'A stream that closes without an ending event is to be resumed with `Last-Event-ID`.',
  ].join(' '),
  content: {
    'text/event-stream': {
      schema: { type: 'string' },
      example: 'id: 10000005\nevent: delta\ndata: {"text":"Hello"}\n\n',
    },
  },
};
