import { Module } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { Metrics } from '../metrics/metrics.js';
import { GeminiClient } from './gemini.client.js';

/** The client of Gemini, as the settings say. Only the worker needs it. */
@Module({
  providers: [
    {
      provide: GeminiClient,
      inject: [Settings, Metrics],
      useFactory: (settings: Settings, metrics: Metrics) =>
        new GeminiClient({
          apiKey: settings.GEMINI_API_KEY,
          baseUrl: settings.GEMINI_BASE_URL,
          timeoutMs: settings.GEMINI_TIMEOUT_SECONDS * 1000,
          idleTimeoutMs: settings.GEMINI_IDLE_TIMEOUT_SECONDS * 1000,
          onCall: (model, outcome, seconds) => metrics.geminiCalled(model, outcome, seconds),
        }),
    },
  ],
  exports: [GeminiClient],
})
export class GeminiModule {}
