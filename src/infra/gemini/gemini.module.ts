import { Module } from '@nestjs/common';
import { Settings } from '../../config/settings.js';
import { timing } from '../../config/timing.js';
import { Metrics } from '../metrics/metrics.js';
import { GeminiClient } from './gemini.client.js';

/** The client of Gemini with the settings of the process. Only the worker imports it. */
@Module({
  providers: [
    {
      provide: GeminiClient,
      inject: [Settings, Metrics],
      useFactory: (settings: Settings, metrics: Metrics) =>
        new GeminiClient({
          apiKey: settings.GEMINI_API_KEY,
          baseUrl: settings.GEMINI_BASE_URL,
          timeoutMs: timing(settings).gemini.call,
          idleTimeoutMs: timing(settings).gemini.idle,
          onCall: (model, outcome, seconds) => metrics.geminiCalled(model, outcome, seconds),
        }),
    },
  ],
  exports: [GeminiClient],
})
export class GeminiModule {}
