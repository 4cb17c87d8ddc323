/**
 * What is said around a report: the pages of links, notices to owners, findings of conditions. In English these are the very
 * texts that the ledger of deliveries holds, so that a text from there can be said in the reader's language (`said`).
 */
export interface Notices {
  readonly leave: string;
  /** `{address}` */
  readonly leave_asks: string;
  readonly leave_yes: string;
  readonly leave_scope: string;
  readonly left: string;
  /** `{address}` */
  readonly left_said: string;
  readonly left_mistake: string;
  readonly link_broken: string;
  readonly link_expired: string;
  readonly link_invalid: string;
  readonly report_gone: string;
  readonly not_delivered: string;
  /** `{time}` */
  readonly due: string;
  readonly unreached: string;
  readonly not_sent_again: string;
  readonly was_refused: string;
  readonly never_sent: string;
  readonly perhaps_sent: string;
  readonly owner_may_not: string;
  readonly owner_left: string;
  readonly no_recipient_left: string;
  readonly missed: string;
  /** `{count}` before it */
  readonly missed_several: string;
  readonly not_made: string;
  readonly not_prepared: string;
  readonly files_gone: string;
  readonly no_address: string;
  readonly answer_lost: string;
  readonly worker_ended: string;
  readonly worker_stopped: string;
  /** `{cause}`: the system's own code */
  readonly host_away: string;
  /** `{sources}`, `{day}` */
  readonly late_sources: string;
  /** `{metric}`; of the following also `{now}` and `{bound}` */
  readonly finding_none: string;
  readonly finding_above: string;
  readonly finding_at_least: string;
  readonly finding_below: string;
  readonly finding_at_most: string;
  readonly finding_alone: string;
  /** `{change}` in percent, against `{before}` */
  readonly finding_change: string;
  /** `{count}` */
  readonly finding_few: string;
  /** `{count}`, `{usual}` */
  readonly finding_usual: string;
  readonly not_set: string;
  readonly yes: string;
  readonly no: string;
  /** `{first}`, `{last}` */
  readonly funnel_title: string;
  /** `{y}`, `{x}` */
  readonly scatter_title: string;
  /** and `{size}` */
  readonly scatter_sized: string;
  readonly not_drawn: string;
}
