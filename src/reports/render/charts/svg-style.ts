/** Widths up to this are a phone's or a small widget's: fewer labels. */
export const NARROW = 420;
export const FONT = 'Inter, Noto, sans-serif';
/** CSS pixels of the labels' letters. */
export const LABEL_SIZE = 10.5;

/** Width of a text in CSS pixels; without a browser nobody measures, and this is close enough to place labels. */
export function textWidth(text: string, size: number = LABEL_SIZE): number {
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width * size;
}

export const widest = (texts: readonly string[]): number =>
  texts.reduce((most, text) => Math.max(most, textWidth(text)), 0);

/** A text that ends in “…” where it would not fit. @param room CSS pixels */
export function shortened(text: string, room: number): string {
  if (textWidth(text) <= room) return text;
  const characters = [...text];
  while (characters.length > 1 && textWidth(characters.join('')) > room - LABEL_SIZE * 0.8) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

function characterWidth(character: string): number {
  if (/\p{Cf}/u.test(character)) return 0;
  if (/[ijl.,:;'|!()[\]]/.test(character)) return 0.3;
  if (/[A-Zmw%@&]/.test(character)) return 0.7;
  return (character.codePointAt(0) ?? 0) > 0x2e80 ? 1 : 0.58;
}
