/**
 * Subject and message of a scheduled mail: text with names in double braces, `Spend {{period}}: {{metric.spend}}`. Names are
 * looked up in a fixed list, nothing is evaluated, and whoever prints the text escapes it for where it goes.
 */
import { nearestNames } from '../common/nearest.js';

export const TEMPLATE_NAMES = ['report', 'organization', 'period', 'due_date', 'finding'] as const;

/** What the names stand for; `metric.<key>` are the totals, formatted. */
export type TemplateValues = Readonly<Record<(typeof TEMPLATE_NAMES)[number], string>> & {
  readonly metrics: Readonly<Record<string, string>>;
};

const BRACES = /\{\{([^{}]*)\}\}/g;
const METRIC = /^metric\.([a-z][a-z0-9_]*)$/;

/** @param metrics keys of those that the report has @returns what is wrong with the text and where, or null */
export function templateMistake(
  text: string,
  metrics: readonly string[],
): { message: string; range: readonly [number, number] } | null {
  for (const match of text.matchAll(BRACES)) {
    const name = (match[1] ?? '').trim();
    const range = [match.index, match.index + match[0].length] as const;
    if ((TEMPLATE_NAMES as readonly string[]).includes(name)) continue;
    const metric = METRIC.exec(name)?.[1];
    if (metric !== undefined) {
      if (metrics.includes(metric)) continue;
      const near = nearestNames(metric, metrics);
      const hint = near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `It has ${metrics.join(', ') || 'none'}.`;
      return {
        message: `The report has no metric ${metric.slice(0, 40)}. ${hint} Or add it to the report first.`,
        range,
      };
    }
    const near = nearestNames(name, TEMPLATE_NAMES);
    const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `known: ${TEMPLATE_NAMES.join(', ')}`;
    return {
      message: `There is no {{${name.slice(0, 40)}}}; ${hint}, or metric.<key> for a total of the report.`,
      range,
    };
  }
  const rest = text.replaceAll(BRACES, (braces) => ' '.repeat(braces.length));
  const stray = rest.search(/\{\{|\}\}/);
  if (stray < 0) return null;
  return { message: 'These braces have no partner; write {{report}} or another name.', range: [stray, stray + 2] };
}

/** Keys of the metrics that a text names, each once. */
export const metricsNamed = (text: string): readonly string[] => [
  ...new Set([...text.matchAll(BRACES)].flatMap(([, inner = '']) => METRIC.exec(inner.trim())?.[1] ?? [])),
];

/** The text with its names filled in. A metric that the report does not have reads as a dash. */
export const fillTemplate = (text: string, values: TemplateValues): string =>
  text.replaceAll(BRACES, (_braces, inner: string) => {
    const name = inner.trim();
    const metric = METRIC.exec(name)?.[1];
    if (metric !== undefined) return Object.hasOwn(values.metrics, metric) ? (values.metrics[metric] ?? '–') : '–';
    return values[name as (typeof TEMPLATE_NAMES)[number]];
  });
