/** What a spreadsheet's formula begins with; see `csvLines`. */
const GUARDED = /^'+[=+\-@\t\r\n＝＋－＠]/u;

/** Fields of CSV as the product writes it; null is an empty field, the empty text a quoted one. */
export function parseCsv(text: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let row: (string | null)[] = [];
  for (let at = 0; at < text.length;) {
    let value: string | null;
    if (text[at] === '"') {
      let end = at + 1;
      while (text[end] !== '"' || text[end + 1] === '"') end += text[end] === '"' ? 2 : 1;
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== ',' && text[end] !== '\r') end += 1;
      value = end === at ? null : text.slice(at, end);
      at = end;
    }
    row.push(value !== null && GUARDED.test(value) ? value.slice(1) : value);
    if (text[at] === ',') {
      at += 1;
      if (text[at] === '\r') row.push(null);
    }
    if (text.startsWith('\r\n', at)) {
      rows.push(row);
      row = [];
      at += 2;
    }
  }
  return rows;
}
