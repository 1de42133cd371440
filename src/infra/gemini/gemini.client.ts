import {
  GoogleGenerativeAI,
  GoogleGenerativeAIFetchError,
  GoogleGenerativeAIRequestInputError,
} from '@google/generative-ai';
import { ResponseAccumulator, type Chunk, type GeminiResult } from './response-accumulator.js';
import { classifyUpstream } from './classify.js';
import { Deadline } from './deadline.js';
import { readingEventStream } from './event-stream.js';
import { GeminiError } from './gemini-error.js';
import { readRetryAfter } from './retry-after.js';

export interface GeminiRequest {
  model: string;
  /** Empty for none. */
  systemInstruction: string;
  /** Oldest first, roles alternating, beginning and ending with the user. */
  contents: { role: 'user' | 'model'; text: string }[];
  /** Gemini spends it on thoughts as well as on text. */
  maxOutputTokens: number;
  /** Aborting closes the connection, so that Gemini stops too. */
  signal: AbortSignal;
}

export interface GeminiOptions {
  apiKey: string;
  /** Where the wire format is spoken: Google's own address, or another. */
  baseUrl: string;
  /** For the whole call, in milliseconds. */
  timeoutMs: number;
  /** Without a byte, before the first one too, in milliseconds. */
  idleTimeoutMs: number;
  /** Called at the end of every call with its outcome (`ok`, or the kind of the error) and its duration in seconds. */
  onCall?: (model: string, outcome: string, seconds: number) => void;
}

/** Calls Gemini: the only code that does. */
export class GeminiClient {
  constructor(private readonly options: GeminiOptions) {}

  /**
   * Streams a reply. `onDelta` gets its visible text piece by piece; the pieces joined are the result's text.
   * What `onDelta` throws ends the call and is thrown on as it is.
   * @throws {GeminiError} for everything else that keeps a reply from being whole, with the usage known by then; text that
   * `onDelta` got before it is no whole reply
   */
  async generate(request: GeminiRequest, onDelta: (text: string) => void): Promise<GeminiResult> {
    const begun = performance.now();
    let outcome = 'ok';
    try {
      return await this.call(request, onDelta);
    } catch (error) {
      outcome = error instanceof GeminiError ? error.kind : 'aborted';
      throw error;
    } finally {
      this.options.onCall?.(request.model, outcome, (performance.now() - begun) / 1_000);
    }
  }

  private async call(request: GeminiRequest, onDelta: (text: string) => void): Promise<GeminiResult> {
    const deadline = new Deadline(this.options.timeoutMs, this.options.idleTimeoutMs, request.signal);
    const accumulator = new ResponseAccumulator();
    try {
      for await (const chunk of this.stream(request, deadline)) {
        const text = accumulator.add(chunk);
        if (text) onDelta(text);
      }
      return accumulator.result();
    } catch (error) {
      if (error instanceof GeminiError) error.usage ??= accumulator.usage;
      throw error;
    } finally {
      deadline.release();
    }
  }

  private async *stream(request: GeminiRequest, deadline: Deadline): AsyncGenerator<Chunk> {
    let retryAfterMs: number | undefined;
    const observer = {
      onHead: ({ headers }: Response) => {
        deadline.restartIdleTimer();
        retryAfterMs = readRetryAfter(headers, Date.now());
      },
      onBytes: () => deadline.restartIdleTimer(),
    };
    try {
      // The SDK does not check whether its signal is aborted already.
      if (deadline.failure) throw deadline.failure;
      const { stream, response } = await readingEventStream(observer, () =>
        this.open(request, deadline.signal),
      );
      // The SDK's sum of the chunks, unused here, rejects along with the stream and would be an unhandled rejection.
      response.catch(() => undefined);
      for await (const chunk of stream) yield chunk;
    } catch (error) {
      // Also after a finish reason: Gemini may give one with every chunk, so only the end of the stream makes a reply whole.
      throw deadline.failure ?? classify(error, retryAfterMs);
    }
  }

  private open(request: GeminiRequest, signal: AbortSignal) {
    const { apiKey, baseUrl } = this.options;
    const model = new GoogleGenerativeAI(apiKey).getGenerativeModel(
      {
        model: request.model,
        generationConfig: { maxOutputTokens: request.maxOutputTokens },
        ...(request.systemInstruction && { systemInstruction: request.systemInstruction }),
      },
      { baseUrl },
    );
    const contents = request.contents.map(({ role, text }) => ({ role, parts: [{ text }] }));
    return model.generateContentStream({ contents }, { signal });
  }
}

/** The SDK hides the cause of a network error, and quotes the response in a parse error: neither is repeated. */
function classify(error: unknown, retryAfterMs?: number): GeminiError {
  if (error instanceof GoogleGenerativeAIFetchError) {
    const { status: code, errorDetails: details } = error;
    return classifyUpstream({ code, message: upstreamMessage(error.message), details, retryAfterMs });
  }
  if (error instanceof GoogleGenerativeAIRequestInputError) {
    return new GeminiError('rejected', 'The request could not be built for Gemini');
  }
  return new GeminiError('unavailable', 'Gemini could not be reached, or its stream broke');
}

/** The SDK writes `Error fetching from <url>: [<status>] <message> <details>`. */
function upstreamMessage(message: string): string {
  return /\[\d{3}[^\]]*\] ([\s\S]*)$/.exec(message)?.[1] ?? '';
}
