import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';

const require = createRequire(import.meta.url);
const folderOf = (name: string): string => dirname(require.resolve(`${name}/package.json`));

/** The files of the page, from npm packages: it needs no network. */
const ASSETS: Readonly<Record<string, { readonly path: string; readonly type: string }>> = {
  'react.js': { path: join(folderOf('react'), 'umd/react.production.min.js'), type: 'text/javascript' },
  'react-dom.js': { path: join(folderOf('react-dom'), 'umd/react-dom.production.min.js'), type: 'text/javascript' },
  'graphiql.js': { path: join(folderOf('graphiql'), 'graphiql.min.js'), type: 'text/javascript' },
  'graphiql.css': { path: join(folderOf('graphiql'), 'graphiql.min.css'), type: 'text/css' },
};

const FIRST_QUERY = `# Put your key into the Headers tab below:
# { "Authorization": "Bearer trb_…" }
# then press Ctrl-Space in the selection to see your metrics.
{
  marketing(dateRange: { name: LAST_MONTH }) {
    dataSource
    spend
    revenue
    roas
  }
}
`;

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tributary · GraphiQL</title>
    <link rel="stylesheet" href="/graphiql/graphiql.css" />
    <style>html, body, #graphiql { height: 100%; margin: 0 }</style>
  </head>
  <body>
    <div id="graphiql"></div>
    <script src="/graphiql/react.js"></script>
    <script src="/graphiql/react-dom.js"></script>
    <script src="/graphiql/graphiql.js"></script>
    <script src="/graphiql/start.js"></script>
  </body>
</html>
`;

const START = `ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultEditorToolsVisibility: 'headers',
    shouldPersistHeaders: false,
    defaultQuery: ${JSON.stringify(FIRST_QUERY)},
  }),
);
`;

/** Serves GraphiQL at `/graphiql`. */
export function registerGraphiql(fastify: FastifyInstance): void {
  fastify.get('/graphiql', (_request, reply) => reply.type('text/html; charset=utf-8').send(PAGE));
  fastify.get('/graphiql/start.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(START));
  for (const [name, { path, type }] of Object.entries(ASSETS)) {
    fastify.get(`/graphiql/${name}`, (_request, reply) =>
      reply
        .type(`${type}; charset=utf-8`)
        .header('cache-control', 'public, max-age=86400')
        .send(createReadStream(path)),
    );
  }
}
