import { directionOf, escapeHtml } from '../reports/render/html-text.js';

const STYLE = `
*{box-sizing:border-box}
body{margin:0;min-height:100vh;background:#f3f5f7;color:#16202c;font:16px/1.5 Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:34rem;margin:0 auto;padding:3rem 1.25rem}
.card{padding:1.75rem 1.75rem 2rem;background:#fff;border-top:4px solid #16202c;box-shadow:0 1px 4px rgb(22 32 44/12%)}
.kicker{margin:0;font-size:.75rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:#5b6673}
[dir=auto]{text-align:left}[dir=rtl] [dir=auto]{text-align:right}
h1{margin:.4rem 0 1rem;font-size:1.5rem;line-height:1.2;letter-spacing:-.015em;overflow-wrap:anywhere}
p{margin:0 0 .75rem;overflow-wrap:anywhere}
form{margin-bottom:1.25rem}
.small{font-size:.875rem;color:#5b6673}
button{margin-top:.5rem;padding:.7rem 1.25rem;border:0;border-radius:4px;background:#16202c;color:#fff;font:inherit;font-weight:600;cursor:pointer}
button:focus-visible{outline:3px solid #7fb2d9;outline-offset:2px}
@media(max-width:480px){main{padding:0}.card{min-height:100vh;box-shadow:none}button{width:100%}}
@media(prefers-color-scheme:dark){body{background:#0f151b;color:#e6ecf0}.card{background:#18212a;border-color:#7fb2d9;box-shadow:none}.kicker,.small{color:#a3afbb}button{background:#e6ecf0;color:#16202c}}
`;

/** A small page without a script, for what the links in mails lead to. @param body HTML */
export const plainPage = ({
  locale,
  kicker,
  title,
  body,
}: {
  /** BCP 47 */
  readonly locale: string;
  readonly kicker?: string;
  /** The name of a report, in whatever language. */
  readonly title: string;
  readonly body: string;
}): string => `<!doctype html>
<html lang="${escapeHtml(locale)}" dir="${directionOf(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body><main><div class="card">${kicker === undefined ? '' : `<p class="kicker">${escapeHtml(kicker)}</p>`}<h1 dir="auto">${escapeHtml(title)}</h1>${body}</div></main></body>
</html>`;
