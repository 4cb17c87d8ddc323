import type { PageFacts } from './document.js';
import { fontFaces } from './fonts.js';
import { formatInstant } from './format.js';
import { directionOf, escapeHtml, onOneLine } from './html-text.js';
import { accentOf, senderOf, seriesOf, type Medium } from './medium.js';
import { pageStyle } from './page-style.js';

export interface ShellLayout {
  readonly medium: Exclude<Medium, 'mail'>;
  readonly landscape: boolean;
  /** Classes of the body. */
  readonly classes: readonly string[];
  readonly screenWidth: number;
}

/** The document around a page's sections: no script, no network, one style sheet, fonts and logo inside. */
export function shell(
  facts: PageFacts,
  body: string,
  { medium, landscape, classes, screenWidth }: ShellLayout,
): string {
  const { locale } = facts;
  const sender = onOneLine(senderOf(facts));
  const title = onOneLine(facts.title);
  const made = `${formatInstant(facts.generatedAt, facts.period.time_zone, locale)} ${facts.period.time_zone}`;
  const footer = [sender, made, onOneLine(facts.branding?.footer ?? '')].filter((part) => part !== '').join(' · ');
  const style = pageStyle({
    landscape,
    header: `${title} · ${sender}`,
    footer,
    accent: accentOf(facts),
    series: seriesOf(facts),
    screenWidth,
  });
  const scheme = medium === 'web' ? '<meta name="color-scheme" content="light dark">\n' : '';
  return `<!doctype html>
<html lang="${escapeHtml(locale)}" dir="${directionOf(locale)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${scheme}<title>${escapeHtml(`${title} · ${sender}`)}</title>
<style>${fontFaces(body + title + footer, locale)}${style}</style>
</head>
<body class="${classes.join(' ')}">
<main>
${body}
</main>
</body>
</html>`;
}
