/** Rows of customers whose data is told, kept and forgotten in the story of data protection. */

export const ANN = 'ann.lee@example.com';
export const PHONE = 'phone-4711';
export const BOB = 'bob.ray@example.com';
const DAY_MS = 86_400_000;
export const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

export const touch = (id: string, customer: string | null, days: number): Record<string, unknown> => ({
  ...{ external_id: id, recorded_at: `${daysAgo(days)}T08:00:00Z`, data_source: 'meta_ads', customer_id: customer },
  ...{ source_category: 'external_marketing', campaign_id: 'Spring', currency: 'USD' },
  data_payload: {
    spend: '1.25',
    clicks: 3,
    device: 'mobile',
    email: customer,
    note: `seen by ${customer ?? 'nobody'}`,
  },
});
export const order = (id: string, customer: string, days: number, revenue: string): Record<string, unknown> => ({
  ...{ external_id: id, recorded_at: `${daysAgo(days)}T20:30:00Z`, data_source: 'shop', customer_id: customer },
  ...{ source_category: 'external_revenue', currency: 'USD' },
  data_payload: { revenue, orders: 1, order_name: `#${id}`, gift: true, phone: '4915123456' },
});
export const ANNS = [touch('t1', ANN, 12), touch('t2', PHONE, 11), order('o1', ANN, 10, '100.10')];
export const BOBS = [touch('t3', BOB, 9), order('o2', BOB, 8, '40.00')];
export const OLD = [touch('t4', null, 400), touch('t5', 'carla-3321', 399), touch('t6', null, 100)];
