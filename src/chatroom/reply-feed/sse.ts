import type { StreamEvent } from './stream-script.js';

/** Events as `text/event-stream`. JSON has no line breaks of its own. */
export function toFrames(events: StreamEvent[]): string {
  return events.map(({ id, event, data }) => toFrame(id, event, JSON.stringify(data))).join('');
}

/** `json` is one line. */
export function toFrame(id: number, event: string, json: string): string {
  return `id: ${id}\nevent: ${event}\ndata: ${json}\n\n`;
}

/** Beside what every answer carries: never stored, never held back by a proxy, and nothing comes after it. */
export const SSE_HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Accel-Buffering': 'no',
  Connection: 'close',
};
