/** The mail platform's figures, one line a newsletter. */
import { Random } from './random.js';
import type { Day } from './season.js';
import { mailCampaign } from './shop-clock.js';

export function mailExport(seed: number, days: readonly Day[]): Buffer {
  const lines = ['Campaign,Send date,Subject,Sent,Delivered,Bounces,Opens,Clicks,Unsubscribes'];
  for (const day of days) {
    if (day.date.weekday !== 2 && !day.isBlackFriday) continue;
    const random = new Random(`${seed} mail ${day.iso}`);
    const sent = Math.round(random.around(6_200 + 5_400 * day.progress, 0.02));
    const bounces = random.count(sent * 0.011);
    const delivered = sent - bounces;
    const opens = random.count(delivered * random.between(0.27, 0.36));
    const clicks = random.count(opens * (day.isBlackFriday ? 0.19 : 0.105));
    const subject = day.isBlackFriday
      ? 'Black Friday, without the rush'
      : `What we made this week, no. ${day.date.weekNumber}`;
    lines.push(
      [
        mailCampaign(day.date.toMillis()),
        `${day.iso} 14:00:00`,
        `"${subject}"`,
        sent,
        delivered,
        bounces,
        opens,
        clicks,
        random.count(delivered * 0.0017),
      ].join(','),
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`, 'utf8');
}

export const MAIL_MAPPING = {
  data_source: 'newsletter',
  source_category: 'platform_native',
  recorded_at: { column: 'Send date', time_zone: 'UTC' },
  campaign_id: 'Campaign',
  fields: {
    sends: 'Sent',
    delivered: 'Delivered',
    bounces: 'Bounces',
    opens: 'Opens',
    mail_clicks: { column: 'Clicks', type: 'number' },
    unsubscribes: 'Unsubscribes',
  },
  identity: ['Campaign', 'Send date'],
} as const;

export const MAIL_CLICKS_MAPPING = {
  data_source: 'newsletter',
  source_category: 'platform_native',
  recorded_at: 'Clicked at',
  customer_id: 'Recipient',
  campaign_id: 'Campaign',
  external_id: 'Click id',
  fields: {},
  defaults: { channel: 'email' },
} as const;

export const VISITS_MAPPING = {
  data_source: 'storefront',
  source_category: 'platform_native',
  recorded_at: 'Time',
  customer_id: 'Email',
  campaign_id: 'Campaign',
  external_id: 'Visit id',
  fields: { channel: 'Channel', landing_page: 'Landing page' },
  defaults: { sessions: 1 },
} as const;
