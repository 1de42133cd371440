import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { armFailpoints } from './common/failpoint.js';
import { Drain } from './health/drain.js';
import { createApi } from './app/create-api.js';
import { readSettings } from './config/config.module.js';
import { runProcess } from './app/process.js';

/** The API: accepts and answers, never talks to Gemini. */
await runProcess('API', async () => {
  const app = await createApi();
  const { PORT, HOST, FAILPOINTS } = readSettings();
  armFailpoints(FAILPOINTS);
  await app.listen(PORT, HOST);
  return { stop: () => drained(app) };
});

async function drained(app: NestFastifyApplication): Promise<void> {
  await app.get(Drain).begin();
  await app.close();
}
