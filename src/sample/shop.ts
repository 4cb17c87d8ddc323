/** The shop's orders as Shopify exports them, and the visits and e-mail clicks that led to them. */
import { Random } from './random.js';
import type { Day } from './season.js';
import { mailCampaign, shopTime, stamp } from './shop-clock.js';

const PRODUCTS = [
  ['Juniper candle', 'JO-CANDLE', 24],
  ['Linen cushion', 'JO-CUSHION', 38],
  ['Wool throw', 'JO-THROW', 89],
  ['Oak side table', 'JO-SIDE', 179],
  ['Oak shelf', 'JO-SHELF', 129],
  ['Stoneware set', 'JO-STONE', 64],
  ['Desk lamp, brass', 'JO-LAMP', 112],
  ['Oak dining table', 'JO-DINING', 749],
] as const;
const POPULARITY = [24, 20, 13, 9, 10, 15, 8, 1.5];
const FIRST_NAMES = [
  'ada',
  'ben',
  'cleo',
  'dario',
  'elif',
  'finn',
  'grace',
  'hugo',
  'ines',
  'jonas',
  'kim',
  'lena',
  'marco',
  'nora',
  'omar',
  'petra',
] as const;
const LAST_NAMES = [
  'adler',
  'brook',
  'chen',
  'diaz',
  'evans',
  'fischer',
  'garcia',
  'hall',
  'ito',
  'jensen',
  'kaya',
  'lopez',
  'moreau',
  'novak',
  'okafor',
  'park',
] as const;
const COUNTRIES = [
  ['US', 82],
  ['CA', 12],
  ['GB', 6],
] as const;
const CHANNELS = [
  ['meta_ads', 30],
  ['google_ads', 29],
  ['tiktok_ads', 9],
  ['email', 17],
  ['organic_search', 11],
  ['direct', 12],
] as const;
const CAMPAIGNS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  meta_ads: ['Prospecting | Living room', 'Retargeting | Cart', 'Oak collection launch'],
  google_ads: ['Brand', 'Shopping | All products', 'Search | Oak tables'],
  tiktok_ads: ['Room makeover', 'Creator collab: tiny flat'],
};
const LANDING = ['/', '/collections/living', '/collections/gifts', '/products/oak-side-table'] as const;
/** Orders on an ordinary day. */
const ORDERS_A_DAY = 26;

interface Customer {
  readonly email: string;
  readonly country: string;
  orders: number;
}
interface Touch {
  readonly email: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly channel: string;
  readonly campaign: string;
  readonly landing: string;
}

export interface ShopFiles {
  readonly orders: Buffer;
  readonly visits: Buffer;
  readonly mailClicks: Buffer;
}

const HEADER = [
  'Name',
  'Email',
  'Financial Status',
  'Paid at',
  'Fulfillment Status',
  'Currency',
  'Subtotal',
  'Shipping',
  'Taxes',
  'Total',
  'Discount Code',
  'Discount Amount',
  'Shipping Method',
  'Created at',
  'Lineitem quantity',
  'Lineitem name',
  'Lineitem price',
  'Lineitem sku',
  'Billing Name',
  'Shipping Country',
  'Refunded Amount',
  'Outstanding Balance',
  'Id',
  'Source',
] as const;
type Column = (typeof HEADER)[number];

/** Thirteen months of orders, oldest last as Shopify has them, with what customers did before they bought. */
export function shopFiles(seed: number, days: readonly Day[]): ShopFiles {
  const random = new Random(`${seed} shop`);
  const customers: Customer[] = [];
  const orders: string[][] = [];
  const touches: Touch[] = [];
  const from = days[0]?.date.toMillis() ?? 0;
  const until = days.at(-1)?.date.plus({ days: 1 }).toMillis() ?? 0;
  let number = 1_000;
  for (const day of days) {
    for (let left = random.count(ORDERS_A_DAY * day.demand); left > 0; left--) {
      const customer = customerOf(random, customers);
      customer.orders++;
      const at = momentOf(random, day);
      const lines = orderLines(random, number + 1, customer, at, day);
      const before = touchesBefore(random, customer, at);
      // The last evening of the shop's zone reaches into the next UTC day, which has not happened yet.
      if (at >= until) continue;
      number++;
      orders.push(lines);
      touches.push(...before.filter((touch) => touch.at >= from));
    }
    for (let left = random.count(9 * day.demand); left > 0 && customers.length > 0; left--) {
      const customer = customers[Math.floor(random.next() * customers.length)];
      if (!customer) continue;
      const touch = touchOf(random, customer, momentOf(random, day));
      if (touch.at < until) touches.push(touch);
    }
  }
  touches.sort((a, b) => a.at - b.at);
  return {
    orders: Buffer.from(`${[HEADER.join(','), ...orders.reverse().flat()].join('\n')}\n`, 'utf8'),
    visits: table(
      ['Visit id', 'Time', 'Email', 'Channel', 'Campaign', 'Landing page'],
      touches
        .filter(({ channel }) => channel !== 'email')
        .map((touch, index) => [
          `v${index + 1}`,
          stamp(touch.at),
          touch.email,
          touch.channel,
          touch.campaign,
          touch.landing,
        ]),
    ),
    mailClicks: table(
      ['Click id', 'Clicked at', 'Recipient', 'Campaign'],
      touches
        .filter(({ channel }) => channel === 'email')
        .map((touch, index) => [`c${index + 1}`, stamp(touch.at), touch.email, touch.campaign]),
    ),
  };
}

const cell = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const table = (header: readonly string[], rows: readonly (readonly string[])[]): Buffer =>
  Buffer.from(`${[header, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`, 'utf8');

/** Evenings are busiest. */
function momentOf(random: Random, day: Day): number {
  const hour = random.weighted([
    [9, 2],
    [12, 4],
    [15, 4],
    [19, 6],
    [21, 5],
    [22, 2],
  ] as const);
  return shopTime(day.date, hour, random.integer(0, 59), random.integer(0, 59));
}

function customerOf(random: Random, customers: Customer[]): Customer {
  if (customers.length > 50 && random.chance(0.36)) {
    const known = customers[Math.floor(random.next() * customers.length)];
    if (known) return known;
  }
  const name = `${random.pick(FIRST_NAMES)}.${random.pick(LAST_NAMES)}`;
  const customer = {
    email: `${name}${customers.length + 1}@example.com`,
    country: random.weighted(COUNTRIES),
    orders: 0,
  };
  customers.push(customer);
  return customer;
}

function touchesBefore(random: Random, customer: Customer, at: number): Touch[] {
  const count = random.weighted([
    [0, 12],
    [1, 34],
    [2, 27],
    [3, 16],
    [4, 8],
    [6, 3],
  ] as const);
  return Array.from({ length: count }, (_, index) => {
    const hours = index === 0 ? random.between(0.02, 3) : random.between(5, 24 * 20);
    return touchOf(random, customer, at - Math.round(hours * 3_600) * 1_000);
  });
}

function touchOf(random: Random, customer: Customer, at: number): Touch {
  const first = customer.orders <= 1;
  const channel = random.weighted(
    CHANNELS.map(([name, weight]) => [name, name === 'email' && first ? weight / 4 : weight] as const),
  );
  const campaigns = CAMPAIGNS[channel];
  const campaign = channel === 'email' ? mailCampaign(at) : campaigns ? random.pick(campaigns) : '';
  return { email: customer.email, at, channel, campaign, landing: random.pick(LANDING) };
}

function orderLines(random: Random, number: number, customer: Customer, at: number, day: Day): string[] {
  const items = Array.from(
    {
      length: random.weighted([
        [1, 58],
        [2, 27],
        [3, 11],
        [4, 4],
      ] as const),
    },
    () => {
      const [name, sku, price] = random.weighted(
        PRODUCTS.map((product, index) => [product, POPULARITY[index] ?? 1] as const),
      );
      return {
        name,
        sku,
        price,
        quantity: random.weighted([
          [1, 82],
          [2, 15],
          [4, 3],
        ] as const),
      };
    },
  );
  const gross = items.reduce((sum, { price, quantity }) => sum + price * quantity, 0) * 100;
  const hasCode = random.chance(day.isBlackFriday ? 0.7 : 0.14);
  const discount = hasCode ? Math.round(gross * (day.isBlackFriday ? 0.25 : 0.1)) : 0;
  const subtotal = gross - discount;
  const shipping = subtotal >= 15_000 ? 0 : 795;
  const taxes = Math.round(subtotal * (customer.country === 'US' ? 0.0725 : 0.1));
  const total = subtotal + shipping + taxes;
  const status = random.weighted([
    ['paid', 93],
    ['partially_refunded', 2.4],
    ['refunded', 2.2],
    ['pending', 1.6],
    ['voided', 0.8],
  ] as const);
  const paid = status !== 'pending' && status !== 'voided';
  const refunded = status === 'refunded' ? total : status === 'partially_refunded' ? Math.round(subtotal / 2) : 0;
  const cents = (value: number): string => (value / 100).toFixed(2);
  const order: Partial<Record<Column, string>> = {
    Email: customer.email,
    'Financial Status': status,
    'Paid at': paid ? stamp(at + 40_000) : '',
    'Fulfillment Status': paid ? 'fulfilled' : 'unfulfilled',
    Currency: 'USD',
    Subtotal: cents(subtotal),
    Shipping: cents(shipping),
    Taxes: cents(taxes),
    Total: cents(total),
    'Discount Code': hasCode ? (day.isBlackFriday ? 'BLACKFRIDAY' : 'WELCOME10') : '',
    'Discount Amount': cents(discount),
    'Shipping Method': shipping === 0 ? 'Free shipping' : 'Standard',
    'Created at': stamp(at),
    'Billing Name': customer.email.replace(/\d*@.*/, '').replace('.', ' '),
    'Shipping Country': customer.country,
    'Refunded Amount': cents(refunded),
    'Outstanding Balance': cents(paid ? 0 : total),
    Id: `'${5_400_000_000_000 + number * 131}`,
    Source: 'web',
  };
  return items.map(({ name, sku, price, quantity }, index) => {
    const line: Partial<Record<Column, string>> = {
      ...(index === 0 ? order : { Email: customer.email }),
      Name: `#${number}`,
      'Lineitem quantity': String(quantity),
      'Lineitem name': name,
      'Lineitem price': price.toFixed(2),
      'Lineitem sku': sku,
    };
    return HEADER.map((column) => cell(line[column] ?? '')).join(',');
  });
}
