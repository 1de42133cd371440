import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { completeDocument } from './common/http/complete-document.js';

const DESCRIPTION = `Sign in with a one-time code, open a chatroom, send a prompt, get Gemini's reply through the queue.

1. \`POST /auth/signup\`, \`POST /auth/send-otp\`, \`POST /auth/verify-otp\`
2. **Authorize** with the access token
3. \`POST /chatroom\`, then \`POST /chatroom/{id}/message\``;

/** Swagger UI at /docs, the OpenAPI document at /docs-json and /docs-yaml. */
export function serveDocs(app: NestFastifyApplication): void {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Gemini chat backend')
    .setDescription(DESCRIPTION)
    .setVersion('1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .addBearerAuth(
      { type: 'http', scheme: 'bearer', description: '`METRICS_TOKEN`, for operators' },
      'metrics',
    )
    .build();
  SwaggerModule.setup('docs', app, () => completeDocument(SwaggerModule.createDocument(app, config)), {
    jsonDocumentUrl: 'docs-json',
    yamlDocumentUrl: 'docs-yaml',
    useGlobalPrefix: false,
    customSiteTitle: 'Gemini chat backend',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true },
  });
}
