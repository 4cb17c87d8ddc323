import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document at `/api/openapi.json`, and its page at `/api/docs`. */
export function registerOpenApi(app: INestApplication): void {
  const settings = new DocumentBuilder()
    .setTitle('Tributary')
    .setDescription(
      'A headless semantic layer and report API for marketing data. Errors are RFC 9457 problem documents with a stable `code`, a `detail` to act on, and `errors[]` with JSON pointers.',
    )
    .setVersion('0.1')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'An API key, trb_<id>_<secret>' })
    .build();
  SwaggerModule.setup('api/docs', app, () => SwaggerModule.createDocument(app, settings), {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
    customSiteTitle: 'Tributary API',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true },
  });
}
