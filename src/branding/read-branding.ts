import { badRequest } from '../common/problem.js';
import { ShapeReader } from '../query/request.js';
import { contrast, LEAST_CONTRAST } from '../reports/render/contrast.js';
import { readLogo, type Logo } from './logo.js';

export interface BrandingFields {
  readonly name: string | null;
  readonly accent: string | null;
  readonly footer: string | null;
  readonly logo: Logo | null;
}

/**
 * The body of `PUT /api/organization/branding`; what is absent or null is taken away.
 * @throws Problem 400 `invalid_request` with every mistake and its JSON pointer
 */
export function readBranding(body: unknown): BrandingFields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw badRequest('invalid_request', 'Expected a JSON object with name, accent, footer and logo.');
  }
  const given = body as Record<string, unknown>;
  const reader = new ShapeReader();
  reader.onlyKeys(given, ['name', 'accent', 'footer', 'logo'], '');
  const fields = {
    name: line(reader, given.name, '/name', 120),
    accent: accent(reader, given.accent),
    footer: line(reader, given.footer, '/footer', 300),
    logo: logo(reader, given.logo),
  };
  reader.done();
  return fields;
}

/** One line of text without marks that steer: it stands in headers of mails and at the edge of pages. */
function line(reader: ShapeReader, value: unknown, pointer: string, most: number): string | null {
  if (value === undefined || value === null) return null;
  const text = reader.text(value, pointer)?.trim();
  if (text === undefined) return null;
  if (text === '' || text.length > most || /[\p{Cc}\p{Zl}\p{Zp}]|[\u202a-\u202e\u2066-\u2069]/u.test(text)) {
    reader.fail('wrong_value', pointer, `Expected one line of 1 to ${most} characters, without control characters.`);
    return null;
  }
  return text;
}

function accent(reader: ShapeReader, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  const colour = typeof value === 'string' ? value.toLowerCase() : '';
  if (!/^#[0-9a-f]{6}$/.test(colour)) {
    reader.fail('wrong_value', '/accent', 'Expected a colour as #rrggbb, e.g. #1f4e79.');
    return null;
  }
  const ratio = contrast(colour, '#ffffff');
  if (ratio >= LEAST_CONTRAST) return colour;
  reader.fail(
    'low_contrast',
    '/accent',
    `${colour} can hardly be seen on white: its contrast is ${ratio.toFixed(1)}:1, at least ${LEAST_CONTRAST}:1 is needed. Choose a darker one.`,
  );
  return null;
}

function logo(reader: ShapeReader, value: unknown): Logo | null {
  if (value === undefined || value === null) return null;
  const found = typeof value === 'string' ? readLogo(value) : 'Expected a text: a data: URL of a PNG or JPEG.';
  if (typeof found !== 'string') return found;
  reader.fail('wrong_logo', '/logo', found);
  return null;
}
