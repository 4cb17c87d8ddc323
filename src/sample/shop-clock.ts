import { DateTime, IANAZone } from 'luxon';
import { ZONE } from './season.js';

const HOUR = 3_600_000;
const zone = IANAZone.create(ZONE);
const offsets = new Map<number, number>();

/** Minutes that the shop's zone is ahead of UTC at an instant. */
function offsetAt(time: number): number {
  const hour = Math.floor(time / HOUR);
  let offset = offsets.get(hour);
  if (offset === undefined) {
    offset = zone.offset(hour * HOUR);
    offsets.set(hour, offset);
  }
  return offset;
}

/** An instant as Shopify writes it: `2026-05-14 11:23:45 -0400`, in the shop's zone. */
export function stamp(time: number): string {
  const offset = offsetAt(time);
  const wall = new Date(time + offset * 60_000).toISOString();
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${wall.slice(0, 10)} ${wall.slice(11, 19)} ${offset < 0 ? '-' : '+'}${hours}${minutes}`;
}

/** The instant of a time of day in the shop's zone. */
export function shopTime(date: DateTime, hour: number, minute: number, second: number): number {
  const wall = Date.UTC(date.year, date.month - 1, date.day, hour, minute, second);
  return wall - offsetAt(wall) * 60_000;
}

const weeks = new Map<number, string>();

/** The newsletter that was out at that time. */
export function mailCampaign(time: number): string {
  const day = Math.floor(time / (24 * HOUR));
  let name = weeks.get(day);
  if (name === undefined) {
    name = `Newsletter ${DateTime.fromMillis(day * 24 * HOUR, { zone: 'UTC' }).toFormat("kkkk-'W'WW")}`;
    weeks.set(day, name);
  }
  return name;
}
