import { INK, LOSS_COLOUR, MUTED, RULE } from './palette.js';
import { cssString } from './html-text.js';

export interface PageFurniture {
  readonly landscape: boolean;
  /** Shown at the foot of each page, on the left. */
  readonly footer: string;
  /** Shown at the head of each page but the first. */
  readonly header: string;
}

/** The one style sheet of a report: paper first, and a plain column on a screen. */
export const pageStyle = ({ landscape, footer, header }: PageFurniture): string => `
@page {
  size: A4 ${landscape ? 'landscape' : 'portrait'};
  margin: 17mm 15mm 17mm;
  @bottom-left { content: ${cssString(footer)}; font: 400 7.5pt Inter, sans-serif; color: ${MUTED}; vertical-align: top; padding-top: 5mm; width: 75%; text-align: left; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 400 7.5pt Inter, sans-serif; color: ${MUTED}; vertical-align: top; padding-top: 5mm; }
  @top-left { content: ${cssString(header)}; font: 400 7.5pt Inter, sans-serif; color: ${MUTED}; vertical-align: bottom; padding-bottom: 4mm; width: 75%; text-align: left; }
}
@page :first { margin-top: 14mm; @top-left { content: none; } }
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0; font: 400 9pt/1.42 Inter, sans-serif; color: ${INK}; font-feature-settings: "cv11", "ss03"; }
h1, h2, p, figure, ul, dl, dd { margin: 0; padding: 0; }
.masthead { border-top: 2.5pt solid ${INK}; padding-top: 4mm; }
.organization { font-size: 8pt; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: ${MUTED}; overflow-wrap: anywhere; }
h1 { margin-top: 1mm; font-size: 21pt; font-weight: 600; line-height: 1.16; letter-spacing: -.018em; overflow-wrap: anywhere; text-wrap: balance; }
.subtitle { margin-top: 1.4mm; font-size: 10.5pt; color: ${MUTED}; }
.facts { margin-top: 3mm; font-size: 8.5pt; color: ${MUTED}; }
.facts div { display: flex; gap: 2.4mm; }
.facts dt { flex: 0 0 15mm; }
.facts dd { color: ${INK}; overflow-wrap: anywhere; }
.facts .zone { color: ${MUTED}; }
.tiles { display: flex; flex-wrap: wrap; margin-top: 6mm; border-top: .6pt solid ${RULE}; border-bottom: .6pt solid ${RULE}; break-inside: avoid; list-style: none; }
.tiles li { flex: 1 1 0; min-width: 27mm; padding: 3.2mm 4mm 3mm; border-left: .6pt solid ${RULE}; }
.tiles li:first-child { padding-left: 0; border-left: 0; }
.tiles .label { display: block; font-size: 7.8pt; color: ${MUTED}; overflow-wrap: anywhere; }
.tiles .value { display: block; margin-top: .4mm; font-size: 16.5pt; font-weight: 600; line-height: 1.2; letter-spacing: -.02em; white-space: nowrap; font-feature-settings: "tnum"; }
.notice { margin-top: 4.5mm; padding: 2.2mm 3.2mm; border-left: 2pt solid #e9a23b; background: #fdf6ea; font-size: 8.5pt; break-inside: avoid; list-style: none; }
.notice li { overflow-wrap: anywhere; }
.charts { margin-top: 6.5mm; }
figure { break-inside: avoid; }
figure + figure { margin-top: 6mm; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 9mm; }
.pair figure + figure { margin-top: 0; }
figcaption { font-size: 10pt; font-weight: 600; letter-spacing: -.005em; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .6mm 4.5mm; margin: 1.4mm 0 .6mm; list-style: none; padding: 0; font-size: 8pt; color: ${MUTED}; }
.legend li { display: flex; align-items: center; gap: 1.5mm; max-width: 70mm; }
.legend span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.legend i { flex: none; width: 2.4mm; height: 2.4mm; border-radius: .5mm; }
.legend i.line { height: .8mm; width: 4mm; }
figure svg { display: block; width: 100%; height: auto; margin-top: 1.2mm; }
.note { margin-top: 1mm; font-size: 7.8pt; color: ${MUTED}; }
.table { margin-top: 8mm; }
.table h2 { font-size: 10pt; font-weight: 600; break-after: avoid; }
.table h2 span { font-weight: 400; color: ${MUTED}; }
table { width: 100%; margin-top: 1.6mm; border-collapse: separate; border-spacing: 0; font-size: 8.2pt; line-height: 1.3; font-feature-settings: "tnum", "cv11"; }
thead { display: table-header-group; }
th { padding: 1.3mm 1.8mm; font-weight: 600; font-size: 7.8pt; color: ${MUTED}; text-align: left; vertical-align: bottom; border-bottom: .9pt solid ${INK}; }
td { padding: 1.15mm 1.8mm; vertical-align: top; border-bottom: .5pt solid ${RULE}; }
td.long { overflow-wrap: anywhere; min-width: 34mm; max-width: 96mm; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.number, td.number { text-align: right; }
td.number, td.short { white-space: nowrap; }
td.empty { color: #a9b2bc; }
td.negative { color: ${LOSS_COLOUR}; }
td.repeated { color: #a9b2bc; }
tr { break-inside: avoid; }
tr.totals td { font-weight: 600; border-top: .9pt solid ${INK}; border-bottom: 0; }
table.figures { width: auto; min-width: 90mm; }
.landscape table { font-size: 7.8pt; }
.wide table { font-size: 6.8pt; }
.wide th { font-size: 6.6pt; }
.wide th, .wide td { padding-left: 1mm; padding-right: 1mm; }
.about { margin-top: 8mm; padding-top: 2.6mm; border-top: .6pt solid ${RULE}; font-size: 7.6pt; color: ${MUTED}; break-inside: avoid; }
.about p { overflow-wrap: anywhere; }
.about span { white-space: nowrap; }
.about b { font-weight: 600; color: ${INK}; }
@media screen {
  html { background: #f3f5f7; }
  body { max-width: ${landscape ? '1120px' : '820px'}; margin: 24px auto; padding: 44px 48px; background: #fff; font-size: 13px; box-shadow: 0 1px 4px rgb(22 32 44 / 12%); overflow-x: auto; }
}
`;
