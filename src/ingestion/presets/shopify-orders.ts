/**
 * Shopify's order export: one row an order; its further line items, which repeat only the name, are added to it.
 *
 * - `recorded_at` is when the order was created. `external_id` is the order's `Id` (its name where the export has no
 *   such column), so a later export replaces the order with its new state.
 * - `revenue` is `Total`, before refunds; `refunds` is `Refunded Amount`; net revenue is their difference.
 * - An order that is not paid (pending, authorized, expired, voided, or unpaid with no status) has no `revenue` and
 *   `orders` 0, nor parts of a revenue; what it would be worth is `unpaid_amount`. A partially paid one has `Total` minus `Outstanding Balance`.
 * - The customer is known by the e-mail address, which itself is not stored, nor are names, addresses and phones.
 */
import { fault } from '../canonical.js';
import type { TextRecord } from '../decode/records.js';
import type { RowSource, SourceOptions } from '../row-source.js';
import { CellsReader, plainText, type ColumnRule } from '../table/cells.js';
import { requireColumns, type Header, type WantedColumn } from '../table/header.js';
import { TableSource, type TableReader } from '../table/table-source.js';
import { ExactNumber, fromDigits, type PayloadNumber } from '../values/decimal.js';
import { InstantReader } from '../values/instant.js';
import { isNumber, type PayloadValue } from '../values/payload.js';

const REQUIRED: readonly WantedColumn[] = ['Name', 'Financial Status', 'Total', 'Created at'].map((label) => ({
  label,
  names: [label],
}));

const AMOUNTS: Readonly<Record<string, string>> = {
  total: 'Total',
  subtotal: 'Subtotal',
  shipping: 'Shipping',
  taxes: 'Taxes',
  discounts: 'Discount Amount',
  refunds: 'Refunded Amount',
  outstanding: 'Outstanding Balance',
};
const TEXTS: Readonly<Record<string, string>> = {
  order_name: 'Name',
  financial_status: 'Financial Status',
  fulfillment_status: 'Fulfillment Status',
  discount_code: 'Discount Code',
  shipping_method: 'Shipping Method',
  payment_method: 'Payment Method',
  order_source: 'Source',
  country: 'Shipping Country',
};
const UNPAID = new Set(['pending', 'authorized', 'expired', 'voided', 'unpaid', 'partially_paid']);

export const openShopifyOrders = (options: SourceOptions): RowSource =>
  new TableSource(
    {
      searchesHeader: true,
      score: (header) => REQUIRED.filter(({ names }) => header.find(names) >= 0).length,
      open: (header, sample) => {
        requireColumns('a Shopify order export', header, REQUIRED);
        return new OrdersReader(options, header, sample);
      },
    },
    options.mapping,
    options.sink,
  );

interface Order {
  readonly name: string;
  readonly record: TextRecord;
  readonly payload: Map<string, PayloadValue>;
  quantity: number;
  lineItems: number;
  raw: string;
  /** Why it can't be taken; its further line items go with it. */
  wrong: ReturnType<typeof fault> | null;
}

class OrdersReader implements TableReader {
  private readonly cells: CellsReader;
  private readonly quantities: CellsReader;
  private readonly dates: InstantReader;
  private order: Order | null = null;

  constructor(
    private readonly options: SourceOptions,
    private readonly header: Header,
    sample: readonly TextRecord[],
  ) {
    const { mapping } = options;
    const rules = (columns: Readonly<Record<string, string>>, type: 'number' | 'string'): ColumnRule[] =>
      Object.entries(columns)
        .map(([field, column]) => ({ field, position: header.find([column]), type, decimal: mapping.decimal }))
        .filter(({ position }) => position >= 0);
    const cells = sample.map((record) => record.cells);
    this.dates = new InstantReader({
      format: mapping.recorded_at.format,
      time_zone: mapping.recorded_at.time_zone ?? 'UTC',
    });
    this.cells = new CellsReader(
      [...rules(AMOUNTS, 'number'), ...rules(TEXTS, 'string')],
      cells,
      mapping.null_values,
      this.dates,
    );
    this.quantities = new CellsReader(
      rules({ quantity: 'Lineitem quantity' }, 'number'),
      cells,
      mapping.null_values,
      this.dates,
    );
  }

  read(record: TextRecord): void {
    const name = this.text(record, 'Name');
    if (record.cells.length !== this.header.width) {
      this.refuse(
        record,
        'wrong_cell_count',
        `the line has ${record.cells.length} cells, the header has ${this.header.width}`,
      );
      return;
    }
    if (name === null) {
      this.refuse(record, 'no_order_name', 'Name: the order has no name');
      return;
    }
    if (this.order && this.order.name === name) {
      this.addLineItem(this.order, record);
      return;
    }
    this.finish();
    if (this.text(record, 'Created at') === null && this.text(record, 'Total') === null) {
      this.refuse(
        record,
        'stray_line_item',
        `line item of order ${name}, which does not stand directly above; sort the export by Name`,
      );
      return;
    }
    const payload = new Map<string, PayloadValue>();
    const wrong = this.cells.read(record.cells, payload);
    this.order = { name, record, payload, quantity: 0, lineItems: 0, raw: record.raw, wrong };
    this.addLineItem(this.order, record);
  }

  end(): void {
    this.finish();
  }

  private addLineItem(order: Order, record: TextRecord): void {
    if (record !== order.record) order.raw = `${order.raw}\n${record.raw}`.slice(0, 20_000);
    const read = new Map<string, PayloadValue>();
    order.wrong ??= this.quantities.read(record.cells, read);
    const quantity = read.get('quantity');
    if (quantity !== undefined && !Number.isSafeInteger(quantity)) {
      order.wrong ??= fault('not_a_number', 'quantity: "Lineitem quantity" is no whole number');
    }
    order.quantity += typeof quantity === 'number' ? quantity : 0;
    order.lineItems += this.text(record, 'Lineitem name') === null ? 0 : 1;
    const product = this.text(record, 'Lineitem name');
    if (product !== null && !order.payload.has('product')) order.payload.set('product', product);
  }

  private finish(): void {
    const { order, options } = this;
    this.order = null;
    if (!order) return;
    const { record, payload } = order;
    const created = this.dates.read(this.text(record, 'Created at') ?? this.text(record, 'Paid at') ?? '');
    const wrong =
      order.wrong ??
      (created.kind === 'unreadable'
        ? fault('bad_recorded_at', `Created at: ${created.reason}`)
        : this.addMoney(record, payload));
    if (wrong || created.kind === 'unreadable') {
      options.sink.reject(record.line, wrong ?? fault('bad_recorded_at', 'Created at can’t be read'), order.raw);
      return;
    }
    payload.set('quantity', order.quantity);
    payload.set('line_items', order.lineItems);
    const country = payload.get('country') ?? this.text(record, 'Billing Country');
    if (country !== null) payload.set('country', country);
    const { mapping } = options;
    options.sink.row(
      {
        recorded_at: created.iso,
        data_source: mapping.data_source ?? 'shopify',
        source_category: mapping.source_category ?? 'external_revenue',
        campaign: null,
        customer: this.text(record, 'Email')?.toLowerCase() ?? null,
        asset: null,
        currency: this.text(record, 'Currency')?.toUpperCase() ?? mapping.currency,
        external_id: (this.header.has('Id') ? this.text(record, 'Id') : null) ?? order.name,
        identity: null,
        payload,
        attribution: null,
        line: record.line,
      },
      order.raw,
    );
  }

  /** Puts revenue and orders, by whether the order is paid. */
  private addMoney(record: TextRecord, payload: Map<string, PayloadValue>): ReturnType<typeof fault> | null {
    const total = take(payload, 'total');
    const outstanding = take(payload, 'outstanding');
    if (total === null) return fault('not_a_number', 'total: the order has no Total');
    const status = this.text(record, 'Financial Status')?.toLowerCase() ?? '';
    const partly = status === 'partially_paid' && outstanding !== null;
    const paid = partly || (status === '' ? total === 0 || this.text(record, 'Paid at') !== null : !UNPAID.has(status));
    payload.set('orders', paid ? 1 : 0);
    if (paid) {
      payload.set('revenue', partly ? minus(total, outstanding) : total);
    } else {
      payload.set('unpaid_amount', total);
      for (const field of ['subtotal', 'shipping', 'taxes', 'discounts']) payload.delete(field);
    }
    return null;
  }

  private text(record: TextRecord, column: string): string | null {
    const position = this.header.find([column]);
    const cell = position < 0 ? '' : (record.cells[position] ?? '');
    return this.cells.isNull(cell) ? null : plainText(cell);
  }

  private refuse(record: TextRecord, code: string, reason: string): void {
    this.options.sink.reject(record.line, fault(code, reason), record.raw);
  }
}

function take(payload: Map<string, PayloadValue>, field: string): PayloadNumber | null {
  const value = payload.get(field);
  payload.delete(field);
  return isNumber(value) ? value : null;
}

/** Exact difference of two payload numbers. */
function minus(a: PayloadNumber, b: PayloadNumber): PayloadNumber {
  const scaled = (value: PayloadNumber): bigint => {
    const text = value instanceof ExactNumber ? value.text : String(value);
    const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
    const units = BigInt(whole + fraction.padEnd(9, '0'));
    return text.startsWith('-') ? -units : units;
  };
  const units = scaled(a) - scaled(b);
  const digits = (units < 0n ? -units : units).toString().padStart(10, '0');
  return fromDigits(units < 0n, digits.slice(0, -9), digits.slice(-9)) ?? 0;
}
