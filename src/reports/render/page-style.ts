import {
  AXIS,
  DARK,
  FAINT,
  INK,
  LOSS_COLOUR,
  MUTED,
  OTHER_COLOUR,
  OVERLAY_COLOUR,
  RULE,
  SERIES_COLOURS,
  SURFACE,
} from './charts/palette.js';
import { cssString } from './html-text.js';
import { onDark } from './contrast.js';

export interface PageFurniture {
  readonly landscape: boolean;
  /** Shown at the foot of each page, on the left. */
  readonly footer: string;
  /** Shown at the head of each page but the first. */
  readonly header: string;
  /** `#rrggbb` */
  readonly accent: string;
  /** Colour of single series, `#rrggbb`. */
  readonly series: string;
  /** Widest on a screen, in CSS pixels. */
  readonly screenWidth: number;
}

const FAMILY = 'Inter, Noto, sans-serif';

/** The one style sheet of a page: paper first, a plain column on a screen, one below the other on a phone. */
export const pageStyle = (furniture: PageFurniture): string =>
  paper(furniture) + ELEMENTS + keys((colour) => colour) + screen(furniture);

const variables = (of: (colour: string) => string, accent: string, series: string): string =>
  `--ink:${of(INK)};--muted:${of(MUTED)};--faint:${of(FAINT)};--axis:${of(AXIS)};--rule:${of(RULE)};--surface:${of(SURFACE)};--loss:${of(LOSS_COLOUR)};--accent:${accent};--series:${series};`;

const paper = ({ landscape, footer, header, accent, series }: PageFurniture): string => `
:root { color-scheme: light; ${variables((colour) => colour, accent, series)} --warn: #fdf6ea; --warn-edge: #e9a23b; --heat: #1f4e79; }
@page {
  size: A4 ${landscape ? 'landscape' : 'portrait'};
  margin: 17mm 15mm 17mm;
  @bottom-left { content: ${cssString(footer)}; font: 400 7.5pt ${FAMILY}; color: ${MUTED}; vertical-align: top; padding-top: 5mm; width: 80%; text-align: left; }
  @bottom-right { content: counter(page) " / " counter(pages); font: 400 7.5pt ${FAMILY}; color: ${MUTED}; vertical-align: top; padding-top: 5mm; }
  @top-left { content: ${cssString(header)}; font: 400 7.5pt ${FAMILY}; color: ${MUTED}; vertical-align: bottom; padding-bottom: 4mm; width: 90%; text-align: left; }
}
@page :first { margin-top: 14mm; @top-left { content: none; } }
`;

const ELEMENTS = `
* { box-sizing: border-box; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; -webkit-text-size-adjust: 100%; background: var(--surface); }
body { margin: 0; font: 400 9pt/1.42 ${FAMILY}; color: var(--ink); font-feature-settings: "cv11", "ss03"; }
h1, h2, p, figure, ul, dl, dd { margin: 0; padding: 0; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.on-phone { display: none; }
.masthead { border-top: 2.5pt solid var(--accent); padding-top: 4mm; }
.masthead .sender { display: flex; align-items: center; gap: 3mm; min-height: 4mm; }
.logo { display: block; background: #fff; border-radius: 2px; }
.organization { font-size: 8pt; font-weight: 600; letter-spacing: .06em; text-transform: uppercase; color: var(--muted); overflow-wrap: anywhere; }
[dir=rtl] .organization { letter-spacing: 0; }
h1 { margin-top: 1.6mm; font-size: 21pt; font-weight: 600; line-height: 1.16; letter-spacing: -.018em; overflow-wrap: anywhere; text-wrap: balance; }
[dir=rtl] h1 { letter-spacing: 0; line-height: 1.3; }
/* A text is read in its own direction and stands on the side where the page's lines begin. */
[dir=auto] { text-align: left; }
[dir=rtl] [dir=auto] { text-align: right; }
.subtitle { margin-top: 1.4mm; font-size: 10.5pt; color: var(--muted); }
.facts { margin-top: 3mm; font-size: 8.5pt; color: var(--muted); }
.facts div { display: flex; gap: 2.4mm; }
.facts dt { flex: 0 0 15mm; }
.facts dd { color: var(--ink); overflow-wrap: anywhere; }
.facts .zone { color: var(--muted); white-space: nowrap; }
.message { margin-top: 4mm; white-space: pre-line; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; margin-top: 6mm; border-top: .6pt solid var(--rule); border-bottom: .6pt solid var(--rule); break-inside: avoid; list-style: none; overflow: hidden; }
.tile { flex: 1 1 0; min-width: 27mm; padding: 3.2mm 4mm 3mm; margin-inline-start: -.6pt; border-inline-start: .6pt solid var(--rule); }
.tile:first-child { padding-inline-start: 0; border-inline-start: 0; margin-inline-start: 0; }
.label { display: block; font-size: 7.8pt; color: var(--muted); overflow-wrap: anywhere; }
.value { display: block; margin-top: .4mm; font-size: 16.5pt; font-weight: 600; line-height: 1.2; letter-spacing: -.02em; white-space: nowrap; font-feature-settings: "tnum"; }
.change { display: block; margin-top: .6mm; font-size: 7.8pt; font-weight: 600; }
.before { font-weight: 400; color: var(--muted); }
.notice { margin-top: 4.5mm; padding: 2.2mm 3.2mm; border-inline-start: 2pt solid var(--warn-edge); background: var(--warn); font-size: 8.5pt; break-inside: avoid; list-style: none; }
.notice li { overflow-wrap: anywhere; }
.charts { margin-top: 6.5mm; }
.figure { break-inside: avoid; }
.figure + .figure { margin-top: 6mm; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 9mm; }
.pair .figure + .figure { margin-top: 0; }
figcaption { font-size: 10pt; font-weight: 600; letter-spacing: -.005em; overflow-wrap: anywhere; }
.legend { display: flex; flex-wrap: wrap; gap: .6mm 4.5mm; margin: 1.4mm 0 .6mm; list-style: none; padding: 0; font-size: 8pt; color: var(--muted); }
.legend li { display: flex; align-items: center; gap: 1.5mm; max-width: 70mm; }
.legend span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.key { flex: none; display: inline-block; width: 2.4mm; height: 2.4mm; border-radius: .5mm; }
.key.line { height: .8mm; width: 4mm; }
figure svg { display: block; width: 100%; height: auto; margin-top: 1.2mm; }
figure svg text { unicode-bidi: plaintext; }
.sides { display: flex; align-items: center; gap: 8mm; margin-top: 2mm; }
.sides svg { flex: 0 0 46mm; width: 46mm; }
.sides table { flex: 0 1 110mm; min-width: 0; }
.note { margin-top: 1mm; font-size: 7.8pt; color: var(--muted); }
.details { margin-top: 8mm; }
h2 { font-size: 10pt; font-weight: 600; break-after: avoid; overflow-wrap: anywhere; }
h2 span { font-weight: 400; color: var(--muted); }
table { width: 100%; margin-top: 1.6mm; border-collapse: separate; border-spacing: 0; font-size: 8.2pt; line-height: 1.3; font-feature-settings: "tnum", "cv11"; }
thead { display: table-header-group; }
th, td { padding: 1.15mm 1.8mm; vertical-align: top; text-align: left; border-bottom: .5pt solid var(--rule); unicode-bidi: plaintext; }
[dir=rtl] th, [dir=rtl] td { text-align: right; }
thead th { padding: 1.3mm 1.8mm; font-weight: 600; font-size: 7.8pt; color: var(--muted); vertical-align: bottom; border-bottom: .9pt solid var(--ink); }
tbody th { font-weight: 400; }
.long { overflow-wrap: anywhere; min-width: 34mm; max-width: 96mm; }
tr > :first-child { padding-inline-start: 0; }
tr > :last-child { padding-inline-end: 0; }
/* Figures run from left to right in every script: what is one lies below what is one. */
th.number, td.number { text-align: right; }
td.number, .short { white-space: nowrap; }
.empty { color: var(--faint); }
.negative { color: var(--loss); }
.repeated { color: var(--faint); }
tr { break-inside: avoid; }
.totals th, .totals td { font-weight: 600; border-top: .9pt solid var(--ink); border-bottom: 0; }
td.total { font-weight: 600; }
table.figures { width: auto; min-width: 90mm; }
.group + .group { margin-top: 7mm; }
.shares-list th, .shares-list td { padding: .9mm 1.8mm; }
.shares-list th { overflow-wrap: anywhere; unicode-bidi: normal; }
.shares-list .key { margin-inline-end: 2mm; }
.shares-list td { text-align: right; white-space: nowrap; }
.funnel-steps td.bar { width: 46%; min-width: 20mm; padding: 0 1.8mm; vertical-align: middle; }
.funnel-steps th, .funnel-steps td { vertical-align: middle; }
.step { height: 6mm; margin: .5mm auto; background: var(--series); border-radius: .6mm; }
.matrix tbody th:not(.long) { white-space: nowrap; }
.tight .long { min-width: 12mm; max-width: none; }
.tight thead th { overflow-wrap: anywhere; }
.matrix .shade { text-align: center; }
.matrix.shaded thead .number { text-align: center; }
.landscape table { font-size: 7.8pt; }
.wide table { font-size: 6.8pt; }
.wide thead th { font-size: 6.6pt; }
.wide th, .wide td { padding-left: 1mm; padding-right: 1mm; }
.about { margin-top: 8mm; padding-top: 2.6mm; border-top: .6pt solid var(--rule); font-size: 7.6pt; color: var(--muted); break-inside: avoid; }
.about p { overflow-wrap: anywhere; }
.about b { font-weight: 600; color: var(--ink); }
.widgets { display: grid; grid-template-columns: repeat(6, minmax(0, 1fr)); gap: 6mm 7mm; margin-top: 7mm; align-items: start; }
.widget { break-inside: avoid; grid-column: span 6; min-width: 0; padding-top: 2.4mm; border-top: .9pt solid var(--ink); }
.widget.two_thirds { grid-column: span 4; }
.widget.half { grid-column: span 3; }
.widget.third { grid-column: span 2; }
.widget .own { font-size: 7.8pt; color: var(--muted); }
.widget .tiles { margin-top: 1mm; border: 0; }
.widget .figure { margin-top: 1mm; }
.widget .problem, .widget .empty-widget { margin-top: 2mm; color: var(--muted); font-size: 8.5pt; overflow-wrap: anywhere; }
.widget .words { margin-top: 1.4mm; white-space: pre-line; overflow-wrap: anywhere; }
.widget.third .sides { flex-direction: column; align-items: stretch; gap: 3mm; }
.widget.third .sides svg { flex: none; align-self: center; }
.widget.third .sides table { flex: none; }
.widget.long-table { break-inside: auto; }
${Array.from({ length: 8 }, (_, index) => `.shade-${index + 1} { background: color-mix(in srgb, var(--heat) ${4 + index * 7}%, var(--surface)); }`).join('\n')}
`;

/** Colours of legends. */
const keys = (of: (colour: string) => string): string =>
  [
    ...SERIES_COLOURS.map((colour, index) => `.key-${index}{background:${of(colour)}}`),
    `.key-other{background:${of(OTHER_COLOUR)}}`,
    `.key-overlay{background:${of(OVERLAY_COLOUR)}}`,
  ].join('\n');

const dark = (colour: string): string => DARK[colour] ?? colour;
const inTheDark = (colour: string): string => DARK[colour] ?? onDark(colour, dark(SURFACE));

const screen = ({ screenWidth, accent, series }: PageFurniture): string => `
@media screen {
  html { background: #f3f5f7; }
  body { max-width: ${screenWidth}px; margin: 24px auto; padding: 44px 48px; background: var(--surface); font-size: 13px; box-shadow: 0 1px 4px rgb(22 32 44 / 12%); }
  .scroll { overflow-x: auto; }
  .organization, .facts, .label, .change, .legend, .note, .about, table, .widget .own { font-size: 12px; }
  thead th, .landscape table, .wide table, .wide thead th { font-size: 11.5px; }
}
@media screen and (max-width: 1000px) {
  .widget.two_thirds { grid-column: span 6; }
  .widget.third { grid-column: span 3; }
}
@media screen and (max-width: 700px) {
  body { margin: 0; padding: 20px 16px 32px; font-size: 15px; box-shadow: none; }
  h1 { font-size: 24px; }
  h2, figcaption { font-size: 15px; }
  .organization, .facts, .label, .change, .legend, .note, .about, table, .widget .own { font-size: 13px; }
  thead th, .landscape table, .wide table, .wide thead th { font-size: 12.5px; }
  .facts dt { flex-basis: 56px; }
  .tile { flex: 1 1 40%; min-width: 40%; padding: 10px 12px; }
  .tile:first-child { padding-inline-start: 12px; }
  .tiles { margin-inline: -12px; }
  .value { font-size: 21px; }
  .on-wide { display: none; }
  .on-phone { display: block; }
  .on-phone svg { max-width: 420px; }
  .pair { display: block; }
  .pair .figure + .figure { margin-top: 24px; }
  .sides { flex-direction: column; align-items: stretch; gap: 12px; }
  .sides svg { flex: none; width: 190px; align-self: center; }
  .sides table { flex: none; }
  .widgets { display: block; margin-top: 20px; }
  .widget { margin-top: 24px; }
  .step { height: 20px; }
  .funnel-steps td.bar { width: 28%; }
  .long { min-width: 150px; }
}
@media screen and (prefers-color-scheme: dark) {
  :root { color-scheme: dark; ${variables(dark, inTheDark(accent), inTheDark(series))} --warn: #2b2416; --warn-edge: #c98a2e; --heat: #6fa3e0; }
  html { background: #0d1217; }
  body { box-shadow: none; }
  ${keys(dark)}
  ${Object.entries({ [accent]: inTheDark(accent), ...DARK })
    .map(([light, to]) => `svg [fill="${light}"]{fill:${to}}svg [stroke="${light}"]{stroke:${to}}`)
    .join('\n')}
}
`;
