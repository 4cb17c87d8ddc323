import { unprocessable } from '../../common/problem.js';
import { fault } from '../canonical.js';
import { CsvSplitter } from '../decode/csv-splitter.js';
import { CutSplitter, cutAtSpaces, cutAtWidths } from '../decode/plain-splitters.js';
import type { ReadRecord, RecordSplitter, TextRecord } from '../decode/records.js';
import type { Mapping } from '../mapping.js';
import type { RowSink, RowSource } from '../row-source.js';
import { Header } from './header.js';

/** Characters from the beginning of the file that are looked at before the first row is read. */
const HEAD_LENGTH = 256 * 1024;
/** The header is among the first records: titles and date ranges may stand before it. */
const HEADER_WITHIN = 40;
const DELIMITERS = [',', ';', '\t', '|'] as const;

/** Reads the records below the header. */
export interface TableReader {
  read(record: TextRecord): void;
  end(): void;
}

/** What a preset knows about its tables. */
export interface TableShape {
  /** How many of the wanted columns a line has; the line with the most is taken as header. */
  score(header: Header): number;
  /** True: the header may stand below other lines. False: it is the first line that is not blank. */
  readonly searchesHeader: boolean;
  /** @throws Problem `unrecognized_export` when the header does not fit */
  open(header: Header, sample: readonly TextRecord[]): TableReader;
}

interface Layout {
  readonly makeSplitter: () => RecordSplitter;
  readonly header: Header;
  /** Records up to this line are not data. */
  readonly headerLine: number;
  readonly score: number;
}

/** Finds delimiter and header of a table, then hands its records to the reader. */
export class TableSource implements RowSource {
  private head: string[] = [];
  private headLength = 0;
  private open: { splitter: RecordSplitter; reader: TableReader; headerLine: number } | null = null;

  constructor(
    private readonly shape: TableShape,
    private readonly mapping: Mapping,
    private readonly sink: RowSink,
  ) {}

  push(text: string): void {
    if (this.open) {
      this.deliver(this.open.splitter.push(text));
      return;
    }
    // What is looked at is cut at the same place however the text arrives, so that the result never depends on it.
    const room = HEAD_LENGTH - this.headLength;
    this.head.push(text.slice(0, room));
    this.headLength += Math.min(text.length, room);
    if (this.headLength < HEAD_LENGTH) return;
    this.begin(false);
    if (text.length > room) this.push(text.slice(room));
  }

  end(): void {
    if (!this.open) this.begin(true);
    if (!this.open) return;
    this.deliver(this.open.splitter.end());
    this.open.reader.end();
  }

  private begin(complete: boolean): void {
    const head = this.head.join('');
    this.head = [];
    if (head.trim() === '' && complete) {
      throw unprocessable(
        'empty_file',
        'The file is empty: there is no line in it. Check that the export has finished.',
      );
    }
    const layout = this.findLayout(head, complete);
    const sample = probe(layout.makeSplitter(), head, complete).filter(
      (record): record is TextRecord => record.kind === 'record' && record.line > layout.headerLine,
    );
    const splitter = layout.makeSplitter();
    this.open = { splitter, reader: this.shape.open(layout.header, sample), headerLine: layout.headerLine };
    this.deliver(splitter.push(head));
  }

  private findLayout(head: string, complete: boolean): Layout {
    const { mapping } = this;
    const widths = mapping.columns?.map(({ width }) => width).filter((width) => width !== null) ?? [];
    const makers: (() => RecordSplitter)[] =
      widths.length > 0
        ? [() => new CutSplitter(cutAtWidths(widths))]
        : mapping.delimiter === 'whitespace'
          ? [() => new CutSplitter(cutAtSpaces)]
          : (mapping.delimiter !== null ? [mapping.delimiter] : DELIMITERS).map((mark) => () => new CsvSplitter(mark));
    let best: Layout | null = null;
    const consider = (make: () => RecordSplitter): void => {
      const layout = this.layoutOf(make, head, complete);
      if (layout && (best === null || layout.score > best.score)) best = layout;
    };
    makers.forEach(consider);
    const found = best as Layout | null;
    if (found && found.header.width === 1 && mapping.delimiter === null && widths.length === 0) {
      consider(() => new CutSplitter(cutAtSpaces));
    }
    if (!best) {
      throw unprocessable(
        'unrecognized_export',
        'The file has no line that could be a header: its first lines are blank or longer than 1 MiB.',
      );
    }
    return best;
  }

  private layoutOf(makeSplitter: () => RecordSplitter, head: string, complete: boolean): Layout | null {
    const { mapping, shape } = this;
    const records = probe(makeSplitter(), head, complete).filter(
      (record): record is TextRecord =>
        record.kind === 'record' && record.line > mapping.skip_lines && !isBlank(record.cells),
    );
    const layout = (header: Header, headerLine: number, at: number): Layout => {
      const following = records.slice(at, at + HEADER_WITHIN);
      const alike = following.filter(({ cells }) => cells.length === header.width).length;
      const even = following.length === 0 ? 1 : alike / following.length;
      // Wanted columns decide; then how evenly the lines split; then into how many cells.
      const score = shape.score(header) * 1e6 + (header.width > 1 ? even * 1e4 : 0) + Math.min(header.width, 999);
      return { makeSplitter, header, headerLine, score };
    };
    if (mapping.columns) return layout(new Header(mapping.columns.map(({ name }) => name)), mapping.skip_lines, 0);
    let best: Layout | null = null;
    const candidates = shape.searchesHeader ? records.slice(0, HEADER_WITHIN) : records.slice(0, 1);
    candidates.forEach(({ cells, line }, index) => {
      const candidate = layout(new Header(cells), line, index + 1);
      if (best === null || candidate.score > best.score + 1e5) best = candidate;
    });
    return best;
  }

  private deliver(records: readonly ReadRecord[]): void {
    const { open } = this;
    if (!open) return;
    for (const record of records) {
      if (record.line <= open.headerLine) continue;
      if (record.kind === 'broken') this.sink.reject(record.line, fault(record.code, record.reason), record.raw);
      else if (!isBlank(record.cells)) open.reader.read(record);
    }
  }
}

/** The whole records of the beginning of a file; a cut last one only when there is nothing else. */
function probe(splitter: RecordSplitter, head: string, complete: boolean): readonly ReadRecord[] {
  const records = splitter.push(head);
  return complete || records.length === 0 ? [...records, ...splitter.end()] : records;
}

const isBlank = (cells: readonly string[]): boolean => cells.every((cell) => cell === '' || cell.trim() === '');
