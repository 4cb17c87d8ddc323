import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

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
  SwaggerModule.setup('api/docs', app, () => withIdempotencyKeys(SwaggerModule.createDocument(app, settings)), {
    jsonDocumentUrl: 'api/openapi.json',
    yamlDocumentUrl: 'api/openapi.yaml',
    customSiteTitle: 'Tributary API',
    swaggerOptions: { persistAuthorization: true, tryItOutEnabled: true },
  });
}

/** Every POST that makes something takes a key, and GraphQL for its mutations. */
function withIdempotencyKeys(document: OpenAPIObject): OpenAPIObject {
  for (const [path, { post }] of Object.entries(document.paths)) {
    if (!post || !('201' in post.responses || '202' in post.responses || path === '/graphql')) continue;
    post.parameters = [
      ...(post.parameters ?? []),
      {
        name: 'Idempotency-Key',
        in: 'header',
        required: false,
        description:
          'Chosen by the client for one request: sent again with the same body within 24 hours, the work is not done again and the answer is the same (`Idempotency-Replayed: true`). Another body is refused with 409 `idempotency_key_reused`, one that is still worked on with 409 `request_in_progress`. Of multipart uploads the body is not compared.',
        schema: { type: 'string', maxLength: 255 },
      },
    ];
  }
  return document;
}
