/** Exports of the four ad platforms, each in its own format, with the oddities that such files have. */
import { Random } from './random.js';
import type { Day } from './season.js';

interface Campaign {
  readonly name: string;
  readonly groups: readonly string[];
  /** Daily budget in USD on an ordinary day. */
  readonly budget: number;
  /** Cost per thousand impressions, USD. */
  readonly cpm: number;
  readonly ctr: number;
  /** Purchases (or leads) per click. */
  readonly rate: number;
  /** Value of a purchase, USD. */
  readonly value: number;
  /** When it runs: share of the period, or only around Black Friday. */
  readonly runs: readonly [number, number] | 'black_friday';
}

const META: readonly Campaign[] = [
  {
    name: 'Prospecting | Living room',
    groups: ['Lookalike 1%', 'Interests: Home decor'],
    budget: 240,
    cpm: 11.5,
    ctr: 0.0125,
    rate: 0.019,
    value: 128,
    runs: [0, 1],
  },
  {
    name: 'Retargeting | Cart',
    groups: ['Cart 14 days'],
    budget: 95,
    cpm: 18,
    ctr: 0.021,
    rate: 0.052,
    value: 142,
    runs: [0, 1],
  },
  {
    name: 'Spring refresh',
    groups: ['Broad 25-54', 'Lookalike 3%'],
    budget: 150,
    cpm: 10.2,
    ctr: 0.014,
    rate: 0.016,
    value: 96,
    runs: [0.32, 0.58],
  },
  {
    name: 'Oak collection launch',
    groups: ['Broad 25-54'],
    budget: 190,
    cpm: 12.8,
    ctr: 0.016,
    rate: 0.021,
    value: 164,
    runs: [0.7, 1],
  },
  {
    name: 'Black Friday 2-for-1',
    groups: ['All visitors', 'Broad 25-54'],
    budget: 420,
    cpm: 19,
    ctr: 0.024,
    rate: 0.041,
    value: 118,
    runs: 'black_friday',
  },
];
const META_ADS = ['Carousel | bestsellers', 'Video | 15s', 'Static | sofa'] as const;

const GOOGLE: readonly Campaign[] = [
  { name: 'Brand', groups: [''], budget: 70, cpm: 62, ctr: 0.17, rate: 0.071, value: 138, runs: [0, 1] },
  {
    name: 'Shopping | All products',
    groups: [''],
    budget: 210,
    cpm: 8.4,
    ctr: 0.0115,
    rate: 0.027,
    value: 131,
    runs: [0, 1],
  },
  {
    name: 'Search | Oak tables',
    groups: [''],
    budget: 120,
    cpm: 34,
    ctr: 0.041,
    rate: 0.031,
    value: 186,
    runs: [0, 1],
  },
  { name: 'Search | Gifts', groups: [''], budget: 80, cpm: 29, ctr: 0.046, rate: 0.024, value: 74, runs: [0.05, 0.22] },
  {
    name: 'Performance Max | Autumn',
    groups: [''],
    budget: 140,
    cpm: 9.6,
    ctr: 0.013,
    rate: 0.022,
    value: 122,
    runs: [0.78, 1],
  },
  {
    name: 'Display | Remarketing',
    groups: [''],
    budget: 45,
    cpm: 3.1,
    ctr: 0.0042,
    rate: 0.018,
    value: 109,
    runs: [0, 0.64],
  },
];
const DEVICES = [
  ['Mobile phones', 0.61],
  ['Computers', 0.31],
  ['Tablets', 0.08],
] as const;

const TIKTOK: readonly Campaign[] = [
  {
    name: 'Room makeover',
    groups: ['18-24', '25-34'],
    budget: 110,
    cpm: 5.2,
    ctr: 0.0102,
    rate: 0.0085,
    value: 71,
    runs: [0.1, 1],
  },
  {
    name: 'Creator collab: tiny flat',
    groups: ['25-34'],
    budget: 160,
    cpm: 6.1,
    ctr: 0.0155,
    rate: 0.0098,
    value: 68,
    runs: [0.45, 0.66],
  },
  {
    name: 'Black Friday drops',
    groups: ['18-34'],
    budget: 260,
    cpm: 8.8,
    ctr: 0.019,
    rate: 0.0172,
    value: 79,
    runs: 'black_friday',
  },
];

const LINKEDIN: readonly Campaign[] = [
  {
    name: 'Hospitality buyers',
    groups: ['Trade'],
    budget: 85,
    cpm: 38,
    ctr: 0.0062,
    rate: 0.034,
    value: 0,
    runs: [0, 1],
  },
  {
    name: 'Office refit webinar',
    groups: ['Trade'],
    budget: 60,
    cpm: 41,
    ctr: 0.0058,
    rate: 0.061,
    value: 0,
    runs: [0.28, 0.47],
  },
];

interface Figures {
  readonly spend: number;
  readonly impressions: number;
  readonly clicks: number;
  readonly conversions: number;
  readonly value: number;
}

const isRunning = ({ runs }: Campaign, day: Day): boolean =>
  runs === 'black_friday' ? day.isBlackFriday : day.progress >= runs[0] && day.progress <= runs[1];

/** A day of one line; results tire a little while a campaign runs, and better days convert better. */
function figuresOf(random: Random, campaign: Campaign, day: Day, share: number): Figures {
  const spend = Math.max(0.4, random.around(campaign.budget * share * Math.sqrt(day.demand), 0.22));
  const pressure = day.isBlackFriday ? 1.35 : 0.92 + 0.16 * day.demand;
  const impressions = Math.max(1, Math.round((spend / random.around(campaign.cpm * pressure, 0.12)) * 1_000));
  const clicks = Math.min(impressions, random.count(impressions * campaign.ctr));
  const started = campaign.runs === 'black_friday' ? 0 : campaign.runs[0];
  const fatigue = 1 - 0.25 * Math.min(1, Math.max(0, day.progress - started));
  const conversions = random.count(clicks * campaign.rate * fatigue * Math.min(1.6, 0.75 + 0.25 * day.demand));
  const value = conversions * random.around(campaign.value, 0.3);
  return { spend, impressions, clicks, conversions, value };
}

const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const CENTS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const grouped = (value: number): string => WHOLE.format(value);
const money = (value: number): string => CENTS.format(value);
const quoted = (text: string): string => (/[",;|\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/**
 * Meta Ads Manager: BOM, CR LF, currency in the header, thousands separators, a line of totals without a name.
 * @param settled share of the late conversions that Meta has counted by now; the rest comes with a later export
 */
export function metaExport(seed: number, days: readonly Day[], settled: number): Buffer {
  const lines: string[] = [];
  let spend = 0;
  days.forEach((day, index) => {
    const recent = days.length - index <= 7;
    for (const campaign of META) {
      if (!isRunning(campaign, day)) continue;
      for (const group of campaign.groups) {
        for (const [position, ad] of META_ADS.entries()) {
          const random = new Random(`${seed} meta ${day.iso} ${campaign.name} ${group} ${ad}`);
          const share = [0.5, 0.33, 0.17][position] ?? 0;
          const figures = figuresOf(random, campaign, day, share / campaign.groups.length);
          const counted = recent ? settled : 1;
          const conversions = Math.floor(figures.conversions * counted);
          const value = figures.conversions === 0 ? 0 : (figures.value / figures.conversions) * conversions;
          spend += Number(figures.spend.toFixed(2));
          lines.push(
            [
              quoted(campaign.name),
              quoted(group),
              quoted(ad),
              quoted(money(figures.spend)),
              quoted(grouped(figures.impressions)),
              quoted(grouped(figures.clicks)),
              conversions === 0 ? '' : String(conversions),
              conversions === 0 ? '' : quoted(money(value)),
              day.iso,
              day.iso,
              day.iso,
            ].join(','),
          );
        }
      }
    }
  });
  const header =
    'Campaign name,Ad set name,Ad name,Amount spent (USD),Impressions,Link clicks,Purchases,Purchases conversion value,Day,Reporting starts,Reporting ends';
  const [first, last] = [days[0]?.iso ?? '', days.at(-1)?.iso ?? ''];
  const totals = `,,,${quoted(money(spend))},,,,,,${first},${last}`;
  return Buffer.from(`\ufeff${[header, totals, ...lines].join('\r\n')}\r\n`, 'utf8');
}

/** Google Ads: UTF-16 with tabs, a title and a date range on top, ` --` and `< 10%`, totals at the end. */
export function googleExport(seed: number, days: readonly Day[]): Buffer {
  const lines = [
    'Campaign performance by day',
    `${days[0]?.iso ?? ''} - ${days.at(-1)?.iso ?? ''}`,
    [
      'Day',
      'Campaign',
      'Device',
      'Currency code',
      'Cost',
      'Impr.',
      'Clicks',
      'Conversions',
      'Conv. value',
      'Search impr. share',
    ].join('\t'),
  ];
  let spend = 0;
  for (const day of days) {
    for (const campaign of GOOGLE) {
      if (!isRunning(campaign, day)) continue;
      for (const [device, share] of DEVICES) {
        const random = new Random(`${seed} google ${day.iso} ${campaign.name} ${device}`);
        const { spend: cost, impressions, clicks, conversions, value } = figuresOf(random, campaign, day, share);
        spend += Number(cost.toFixed(2));
        // Data-driven attribution credits fractions.
        const credited = conversions === 0 ? 0 : Math.max(0, conversions - random.between(0, 0.6));
        const impressionShare = random.between(4, 78);
        const shown = !/Brand|Search/.test(campaign.name)
          ? ' --'
          : impressionShare < 10
            ? '< 10%'
            : `${impressionShare.toFixed(2)}%`;
        lines.push(
          [
            day.iso,
            campaign.name,
            device,
            'USD',
            money(cost),
            grouped(impressions),
            grouped(clicks),
            credited.toFixed(2),
            money((value * credited) / Math.max(1, conversions)),
            shown,
          ].join('\t'),
        );
      }
    }
  }
  lines.push(['Total: Campaigns', ' --', ' --', 'USD', money(spend), ' --', ' --', ' --', ' --', ' --'].join('\t'));
  lines.push(['Total: Account', ' --', ' --', 'USD', money(spend), ' --', ' --', ' --', ' --', ' --'].join('\t'));
  return Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${lines.join('\n')}\n`, 'utf16le')]);
}

/** TikTok Ads Manager, set to a language with decimal commas; no currency in the file. */
export function tiktokExport(seed: number, days: readonly Day[]): Buffer {
  const comma = (value: number): string => `"${value.toFixed(2).replace('.', ',')}"`;
  const lines = [
    'Campaign name,Ad group name,Cost,Impressions,Clicks (destination),Conversions,Total complete payment value,Date',
  ];
  for (const day of days) {
    for (const campaign of TIKTOK) {
      if (!isRunning(campaign, day)) continue;
      for (const group of campaign.groups) {
        const random = new Random(`${seed} tiktok ${day.iso} ${campaign.name} ${group}`);
        const { spend, impressions, clicks, conversions, value } = figuresOf(
          random,
          campaign,
          day,
          1 / campaign.groups.length,
        );
        lines.push(
          [quoted(campaign.name), group, comma(spend), impressions, clicks, conversions, comma(value), day.iso].join(
            ',',
          ),
        );
      }
    }
  }
  lines.push(`Total of ${lines.length - 1} results,,,,,,,`);
  return Buffer.from(`${lines.join('\n')}\n`, 'utf8');
}

/** LinkedIn Campaign Manager: semicolons, American dates. */
export function linkedinExport(seed: number, days: readonly Day[]): Buffer {
  const lines = ['Start Date (in UTC);Campaign Group Name;Campaign Name;Total Spent;Impressions;Clicks;Leads'];
  for (const day of days) {
    for (const campaign of LINKEDIN) {
      if (!isRunning(campaign, day) || day.date.weekday > 5) continue;
      for (const group of campaign.groups) {
        const random = new Random(`${seed} linkedin ${day.iso} ${campaign.name}`);
        const { spend, impressions, clicks, conversions } = figuresOf(random, campaign, day, 1);
        lines.push(
          [
            day.date.toFormat('MM/dd/yyyy'),
            group,
            campaign.name,
            spend.toFixed(2),
            impressions,
            clicks,
            conversions,
          ].join(';'),
        );
      }
    }
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
}

export const LINKEDIN_MAPPING = {
  data_source: 'linkedin_ads',
  source_category: 'external_marketing',
  recorded_at: { column: 'Start Date (in UTC)', format: 'MM/dd/yyyy' },
  campaign_id: 'Campaign Name',
  fields: {
    campaign_group: 'Campaign Group Name',
    spend: 'Total Spent',
    impressions: 'Impressions',
    clicks: 'Clicks',
    leads: 'Leads',
  },
  currency: 'USD',
} as const;
