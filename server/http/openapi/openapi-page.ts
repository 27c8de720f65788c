import type { OpenApiDocument, Operation, Response } from './openapi-document.js';
import type { JsonSchema } from './route-description.js';

/** The OpenAPI document as a page for people, which needs no script. Its links are relative, so it works below any base path. */
export function openApiPage({ info, paths, components }: OpenApiDocument): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const links = operations.map(
    ({ method, path, operation }) =>
      `<li><a href="#${escape(operation.operationId)}"><code>${method} ${escape(path)}</code></a> ${escape(operation.summary)}</li>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(info.title)}: REST routes</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escape(info.title)}: REST routes</h1>
${paragraphs(info.description)}
<p>For programs: <a href="openapi.json">this description as OpenAPI 3.1</a>.</p>
<nav aria-label="Routes"><ul>${links.join('\n')}</ul></nav>
${operations.map(({ method, path, operation }) => sectionOf(method, path, operation)).join('\n')}
<section id="schemas"><h2>Schemas</h2><pre tabindex="0">${escape(JSON.stringify(components.schemas, null, 2))}</pre></section>
</main>
</body>
</html>
`;
}

function sectionOf(method: string, path: string, operation: Operation): string {
  return `<section id="${escape(operation.operationId)}">
<h2><code>${method} ${escape(path)}</code></h2>
<p><strong>${escape(operation.summary)}</strong></p>
${paragraphs(operation.description)}
${parametersOf(operation)}
${operation.requestBody ? `<h3>Body</h3>${contentOf(operation.requestBody.content)}` : ''}
<h3>Responses</h3>
<table><thead><tr><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead>
<tbody>${Object.entries(operation.responses).map(responseRow).join('')}</tbody></table>
</section>`;
}

function parametersOf({ parameters }: Operation): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(
    ({ name, in: place, required, description = '', schema }) =>
      `<tr><th scope="row"><code>${escape(name)}</code></th><td>${place}${required ? ', required' : ''}</td>` +
      `<td>${escape(description)} ${code(schema)}</td></tr>`,
  );
  return `<h3>Parameters</h3>
<table><thead><tr><th scope="col">Name</th><th scope="col">In</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.join('')}</tbody></table>`;
}

function responseRow([status, { description, content, headers }]: [string, Response]): string {
  const named = Object.entries(headers ?? {}).map(
    ([name, header]) => `<p><code>${escape(name)}</code>: ${escape(header.description)}</p>`,
  );
  return `<tr><th scope="row">${status}</th><td>${escape(description)}${named.join('')}${content ? contentOf(content) : ''}</td></tr>`;
}

function contentOf(content: Record<string, { schema: JsonSchema }>): string {
  return Object.entries(content)
    .map(([type, { schema }]) => `<div><code>${escape(type)}</code> ${code(schema)}</div>`)
    .join('');
}

/** A schema as JSON. A long one can be opened and closed. */
function code(schema: JsonSchema): string {
  const { $ref: reference, type, ...others } = schema;
  if (typeof reference === 'string') {
    return `<a href="#schemas">${escape(reference.replace(/.*\//, ''))}</a>`;
  }
  if (Object.keys(others).length === 0) return typeof type === 'string' ? `(${escape(type)})` : '';
  const short = JSON.stringify(schema);
  if (short.length <= LONGEST_LINE) return `<code>${escape(short)}</code>`;
  return `<details><summary>Schema</summary><pre tabindex="0">${escape(JSON.stringify(schema, null, 2))}</pre></details>`;
}

const LONGEST_LINE = 90;

function paragraphs(text: string): string {
  return text
    .split('\n\n')
    .map((paragraph) => `<p>${escape(paragraph)}</p>`)
    .join('\n');
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root { color-scheme: light dark; background: Canvas; color: CanvasText; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h2 { margin-top: 3rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem 0.4rem 0; border-bottom: 1px solid #8884; }
td p, td div { margin: 0.3rem 0 0; }
code, pre { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
th code { overflow-wrap: break-word; }
td pre { max-width: 40rem; white-space: pre-wrap; }
pre { overflow: auto; padding: 0.8rem; background: #8881; }
`;
