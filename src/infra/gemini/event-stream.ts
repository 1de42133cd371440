import { AsyncLocalStorage } from 'node:async_hooks';
import { createParser } from 'eventsource-parser';

/** What a call learns of its response before the SDK sees it. */
export interface ResponseObserver {
  /** The status and the headers have arrived. */
  onHead(response: Response): void;
  /** Bytes of the body have arrived, whatever they mean. */
  onBytes(): void;
}

/** Characters: an event that is longer ends the call. Text, thoughts and an image of some megabytes are far below it. */
const LONGEST_EVENT = 32 * 1024 * 1024;

const observers = new AsyncLocalStorage<ResponseObserver>();
const plainFetch = globalThis.fetch;

/**
 * Runs a call of the SDK, whose reader of event streams breaks on legal ones. The SDK takes no fetch of its own, so the
 * global one reads the response where it is called from within `call`; every other caller of it gets what it always got.
 */
export function readingEventStream<T>(observer: ResponseObserver, call: () => Promise<T>): Promise<T> {
  return observers.run(observer, call);
}

globalThis.fetch = async (input, init) => {
  const observer = observers.getStore();
  const response = await plainFetch(input, init);
  if (!observer) return response;
  observer.onHead(response);
  const { ok, body, status, statusText, headers } = response;
  if (!ok || !body) return response;
  return new Response(body.pipeThrough(cleanEvents(() => observer.onBytes())), {
    status,
    statusText,
    headers,
  });
};

/**
 * Reads an event stream as the HTML standard defines it, and writes each event as the one form that the SDK reads. A last
 * event without its blank line counts where it is whole; anything else that is left at the end breaks the stream, because
 * it was cut there.
 */
function cleanEvents(onBytes: () => void): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const encoder = new TextEncoder();
  let ready = '';
  let atEnd = false;
  const parser = createParser({
    maxBufferSize: LONGEST_EVENT,
    onEvent: ({ data }) => (ready += data.trim() && `data: ${toOneLine(data)}\r\n\r\n`),
    onError: (error) => {
      // The standard has fields that are unknown ignored.
      if (atEnd || error.type === 'max-buffer-size-exceeded') throw error;
    },
  });
  const pass = (text: string, controller: TransformStreamDefaultController<Uint8Array>) => {
    parser.feed(text);
    if (ready) controller.enqueue(encoder.encode(ready));
    ready = '';
  };
  return new TransformStream({
    transform: (bytes, controller) => {
      onBytes();
      pass(decoder.decode(bytes, { stream: true }), controller);
    },
    flush: (controller) => {
      atEnd = true;
      pass(`${decoder.decode()}\n\n`, controller);
    },
  });
}

/** In JSON a line break is a blank, and U+2028 and U+2029, where the SDK ends a line too, can only stand in a string. */
function toOneLine(json: string): string {
  return json
    .replace(/[\r\n]/g, ' ')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}
