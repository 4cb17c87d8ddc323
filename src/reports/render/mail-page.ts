import { FAINT, INK, LOSS_COLOUR, MUTED, RULE, SURFACE, seriesColour } from './charts/palette.js';
import { mixed } from './contrast.js';
import { firstPicture } from './dashboard-page.js';
import type { DashboardDocument, ReportDocument } from './document.js';
import type { Picture } from './figure.js';
import { directionOf, escapeHtml, onOneLine } from './html-text.js';
import { withInlineStyles } from './inline-styles.js';
import { accentOf, senderOf, seriesOf } from './medium.js';
import type { TableRoom } from './table-fit.js';
import { about, charts, details, masthead, notices, tiles } from './sections.js';

/** CSS pixels of the column; narrower screens have it narrower. */
export const MAIL_WIDTH = 640;
const PADDING = 28;
const FONT = "Inter,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,'Noto Sans',sans-serif";
/** Some clients cut a mail off after 102 KB: what is longer is a file's business. */
const MOST_ROWS = 200;

export interface MailPage {
  readonly report: ReportDocument;
  /** What the mail is about where it is a dashboard; `report` is then its cover. */
  readonly dashboard: DashboardDocument | null;
  /** The first chart, where it is one that is drawn. */
  readonly picture: Picture | null;
  /** `cid:…`; null without a logo. */
  readonly logo: string | null;
  /** What the schedule's owner wrote. */
  readonly message: string | null;
  readonly remarks: readonly string[];
  /** The rows themselves stand in the mail. */
  readonly withRows: boolean;
  /** Markup below the report: what is attached, and links. */
  readonly after: string;
  /** Markup at the very end. */
  readonly end: string;
}

/** The report's page as the HTML of a mail: the same sections, styles in the elements, charts as pictures. */
export function renderMailPage(page: MailPage): string {
  const { report, dashboard, picture, logo, message, remarks, withRows, after, end } = page;
  const medium = 'mail';
  const room: TableRoom = { width: MAIL_WIDTH - 2 * PADDING, size: 'portrait' };
  const sections = [
    masthead(report, logo),
    message ? `<p class="message" dir="auto">${escapeHtml(message)}</p>` : '',
    tiles(report),
    notices(report, remarks),
    dashboard ? firstPicture(dashboard, picture) : charts(report, { medium, room, paired: false, picture }),
    withRows ? details(report, { medium, room, most: MOST_ROWS }) : '',
    after,
    about(report),
    end,
  ].filter((section) => section !== '');
  const direction = directionOf(report.locale);
  const content = withInlineStyles(sections.join('\n'), stylesOf(report, direction));
  return `<!doctype html>
<html lang="${escapeHtml(report.locale)}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light"><title>${escapeHtml(onOneLine(`${report.title} · ${senderOf(report)}`))}</title></head>
<body style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f7"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="${MAIL_WIDTH}" cellpadding="0" cellspacing="0" style="width:100%;max-width:${MAIL_WIDTH}px;background:${SURFACE};border-top:4px solid ${accentOf(report)};font-family:${FONT}"><tr><td dir="${direction}" style="padding:24px ${PADDING}px;text-align:${direction === 'rtl' ? 'right' : 'left'};font-size:14px;line-height:1.45;color:${INK}">
${content}
</td></tr></table>
</td></tr></table>
</body></html>`;
}

/** The page's styles (`page-style.ts`) as far as mail clients understand them. */
function stylesOf(report: ReportDocument, direction: 'ltr' | 'rtl'): Readonly<Record<string, string>> {
  const [start, end] = direction === 'rtl' ? ['right', 'left'] : ['left', 'right'];
  const cell = `padding:5px 8px;vertical-align:top;text-align:${start};border-bottom:1px solid ${RULE};font-weight:400`;
  const heat = seriesColour(0);
  return {
    h1: 'margin:6px 0 0;font-size:24px;line-height:1.25;font-weight:600;overflow-wrap:anywhere',
    h2: 'margin:24px 0 0;font-size:15px;font-weight:600',
    figcaption: 'font-size:15px;font-weight:600',
    figure: 'margin:20px 0 0',
    dl: `margin:8px 0 0;font-size:13px;color:${MUTED}`,
    dt: 'display:inline',
    dd: `display:inline;margin:0 6px;color:${INK}`,
    a: `color:${INK}`,
    '.logo': 'display:block;border:0;margin:0 0 8px',
    '.organization': `margin:0;font-size:12px;font-weight:600;color:${MUTED}`,
    '.subtitle': `margin:4px 0 0;color:${MUTED}`,
    '.message': 'margin:16px 0 0;white-space:pre-line;overflow-wrap:anywhere',
    '.tiles': `list-style:none;margin:20px 0 0;padding:12px 0 4px;border-top:1px solid ${RULE};border-bottom:1px solid ${RULE}`,
    '.tile': `display:inline-block;vertical-align:top;margin:0 0 8px;padding-${end}:28px`,
    '.label': `display:block;font-size:12px;color:${MUTED}`,
    '.value': 'display:block;margin-top:2px;font-size:20px;font-weight:600;white-space:nowrap',
    '.change': 'display:block;font-size:12px;font-weight:600',
    '.before': `font-weight:400;color:${MUTED}`,
    '.unseen': 'display:none',
    '.notice': `list-style:none;margin:16px 0 0;padding:10px 12px;border-${start}:3px solid #e9a23b;background:#fdf6ea;font-size:13px`,
    '.note': `margin:6px 0 0;font-size:12px;color:${MUTED}`,
    '.chart': 'display:block;width:100%;height:auto;border:0',
    table: 'width:100%;margin-top:8px;border-collapse:collapse;font-size:12px;line-height:1.35',
    th: cell,
    td: cell,
    '.number': 'text-align:right;white-space:nowrap',
    '.empty': `color:${FAINT}`,
    '.repeated': `color:${FAINT}`,
    '.negative': `color:${LOSS_COLOUR}`,
    '.total': 'font-weight:600',
    '.step': `height:18px;margin:1px auto;background:${seriesOf(report)}`,
    'td.bar': `padding:0 8px;width:40%;border-bottom:1px solid ${RULE}`,
    ...Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [
        `.shade-${index + 1}`,
        `background:${mixed(SURFACE, heat, (4 + index * 7) / 100)}`,
      ]),
    ),
    '.files': 'margin:16px 0 0;font-size:13px',
    '.about': `margin:24px 0 0;padding-top:12px;border-top:1px solid ${RULE};font-size:11px;line-height:1.5;color:${MUTED}`,
    '.end': `margin:8px 0 0;font-size:11px;color:${MUTED}`,
  };
}
