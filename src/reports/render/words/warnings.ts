/**
 * What a reader must know of the numbers, or why a part has none. In English these are the very texts that the answers of
 * queries hold, so that a text from there can be said in the reader's language (`said`).
 */
export interface Warnings {
  readonly rows_limited: string;
  readonly no_totals: string;
  readonly no_subtotals: string;
  /** `{labels}`, `{days}` */
  readonly may_rise: string;
  /** `{time}` */
  readonly running_left_out: string;
  /** `{metric}` */
  readonly not_over_time: string;
  readonly not_over_rows: string;
  /** `{metric}`, `{day}` */
  readonly deactivated: string;
  /** and `{other}` */
  readonly deactivated_order: string;
  /** `{name}`, `{label}`, `{day}` */
  readonly deactivated_refused: string;
  /** `{metric}` */
  readonly left_out: string;
  readonly set_aside_left_out: string;
  /** `{name}` */
  readonly no_metric: string;
  readonly no_dimension: string;
  readonly no_member: string;
  readonly set_aside: string;
  readonly view_gone: string;
  readonly widget_unread: string;
  /** `{metric}` */
  readonly named_metric_gone: string;
  /** `{currency}`; `{parts}` are of the next four */
  readonly fx_missing: string;
  readonly fx_refused: string;
  /** `{days}`, `{first}`, `{last}`, `{count}` */
  readonly fx_customers_days: string;
  /** `{day}`, `{count}` */
  readonly fx_customers_day: string;
  /** `{code}`, `{days}`, `{first}`, `{last}`, `{count}` */
  readonly fx_days: string;
  /** `{code}`, `{day}`, `{count}` */
  readonly fx_day: string;
  readonly mixed_currencies: string;
  readonly time_filtered: string;
  /** `{name}` */
  readonly masked: string;
  readonly masked_ungrouped: string;
  readonly attribution_stale: string;
  readonly never_attributed: string;
  readonly counted_by_id: string;
  /** `{metric}` */
  readonly several_instants: string;
  readonly several_rows: string;
  readonly policy_broken: string;
  /** `{seconds}` */
  readonly took_too_long: string;
  readonly too_much_memory: string;
  readonly engine_away: string;
}
