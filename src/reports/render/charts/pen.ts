import { escapeHtml, onOneLine } from '../html-text.js';
import { MUTED, SURFACE } from './palette.js';
import { LABEL_SIZE } from './svg-style.js';

export interface TextStyle {
  /** Where the point lies in the text, by the direction in which the page is read. */
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: string;
  /** CSS pixels. */
  readonly size?: number;
  readonly bold?: boolean;
  /** CSS pixels of the page's colour around the letters, where they lie on something. */
  readonly halo?: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Draws the marks of a picture as SVG. Places are told in CSS pixels from the side where lines begin; a mirrored picture has
 * that side on the right, and nobody who draws needs to know. Every text is escaped and on one line.
 */
export class Pen {
  private readonly marks: string[] = [];

  /** @param width CSS pixels of the picture @param mirrored for pages that are read from right to left */
  constructor(
    private readonly width: number,
    private readonly mirrored: boolean,
  ) {}

  /** @param y its middle */
  text(content: string, { x, y }: Point, style: TextStyle = {}): void {
    const { anchor = 'start', fill = MUTED, size = LABEL_SIZE, bold = false, halo = 0 } = style;
    const attributes = [
      anchor === 'start' ? '' : ` text-anchor="${anchor}"`,
      size === LABEL_SIZE ? '' : ` font-size="${digits(size)}"`,
      bold ? ' font-weight="600"' : '',
      halo > 0 ? ` stroke="${SURFACE}" stroke-width="${halo}" stroke-linejoin="round" paint-order="stroke"` : '',
    ].join('');
    this.marks.push(
      `<text x="${this.across(x)}" y="${digits(y)}" dominant-baseline="central"${attributes} fill="${fill}">${escapeHtml(onOneLine(content))}</text>`,
    );
  }

  /** Between two corners, in any order. */
  box(from: Point, to: Point, fill: string): void {
    const [left, right] = [this.place(from.x), this.place(to.x)].sort((a, b) => a - b) as [number, number];
    const [top, bottom] = [from.y, to.y].sort((a, b) => a - b) as [number, number];
    this.marks.push(
      `<rect x="${digits(left)}" y="${digits(top)}" width="${digits(right - left)}" height="${digits(bottom - top)}" fill="${fill}"/>`,
    );
  }

  /** A hair line, sharp on screens; at the very edge it stands within the picture. */
  rule(from: Point, to: Point, stroke: string): void {
    const sharp = (value: number): string => digits(Math.round(value - 0.5) + 0.5);
    const [x1, x2] = [this.place(from.x), this.place(to.x)];
    const isUpright = from.x === to.x;
    const across = (x: number): string => (isUpright ? sharp(Math.min(x, this.width - 1)) : digits(x));
    const down = (y: number): string => (isUpright ? digits(y) : sharp(y));
    this.marks.push(
      `<path d="M${across(x1)} ${down(from.y)}L${across(x2)} ${down(to.y)}" stroke="${stroke}" stroke-width="1"/>`,
    );
  }

  line(points: readonly Point[], stroke: string, width: number): void {
    this.marks.push(
      `<path d="${this.path(points)}" fill="none" stroke="${stroke}" stroke-width="${width}" stroke-linejoin="round"/>`,
    );
  }

  area(points: readonly Point[], fill: string, opacity: number): void {
    this.marks.push(`<path d="${this.path(points)}Z" fill="${fill}" fill-opacity="${opacity}"/>`);
  }

  /** @param opacity of all of it, its edge too */
  dot({ x, y }: Point, radius: number, fill: string, { edge = false, opacity = 1 } = {}): void {
    const edged = edge ? ` stroke="${SURFACE}" stroke-width="1"` : '';
    const faded = opacity === 1 ? '' : ` opacity="${opacity}"`;
    this.marks.push(
      `<circle cx="${this.across(x)}" cy="${digits(y)}" r="${digits(radius)}" fill="${fill}"${edged}${faded}/>`,
    );
  }

  /** A part of a ring, or of a disc where `inner` is 0. @param from @param to turns clockwise from the top, 0 to 1 */
  slice(
    centre: Point,
    { inner, outer }: { inner: number; outer: number },
    from: number,
    to: number,
    fill: string,
  ): void {
    const at = (radius: number, turn: number): string => {
      const angle = 2 * Math.PI * turn;
      return `${digits(centre.x + radius * Math.sin(angle))} ${digits(centre.y - radius * Math.cos(angle))}`;
    };
    // An arc that ends where it begins is none: a whole ring is drawn as two halves.
    const arc = (radius: number, start: number, end: number): string =>
      [(start + end) / 2, end]
        .map((turn) => `A${radius} ${radius} 0 0 ${end > start ? 1 : 0} ${at(radius, turn)}`)
        .join('');
    const hole = inner > 0 ? `L${at(inner, to)}${arc(inner, to, from)}` : `L${digits(centre.x)} ${digits(centre.y)}`;
    this.marks.push(
      `<path d="M${at(outer, from)}${arc(outer, from, to)}${hole}Z" fill="${fill}" stroke="${SURFACE}" stroke-width="1.5" stroke-linejoin="round"/>`,
    );
  }

  /** All that was drawn. */
  drawn(): string {
    return this.marks.join('');
  }

  private path(points: readonly Point[]): string {
    return points.map(({ x, y }, index) => `${index === 0 ? 'M' : 'L'}${this.across(x)} ${digits(y)}`).join('');
  }

  private readonly place = (x: number): number => (this.mirrored ? this.width - x : x);
  private readonly across = (x: number): string => digits(this.place(x));
}

/** A hundredth of a pixel is seen by nobody. */
const digits = (value: number): string => String(Math.round(value * 100) / 100);
