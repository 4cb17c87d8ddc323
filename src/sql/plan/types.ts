/** What has to be read from the query path before Postgres can finish a statement. Plain data. */
import type { ReportRequest, TimeGrain } from '../../compiler/query/types.js';
import type { Node } from '../ast.js';

/** How a value reaches a filter: as Postgres writes it as text, as an instant, or as the start of a day or of the next. */
export type ValueForm = 'text' | 'instant' | 'day' | 'day_after';

/** A condition that the query path can hold: `member operator value`, with values that Postgres has to work out first. */
export interface Push {
  readonly member: string;
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>=' | 'in' | 'not in' | 'set' | 'not set';
  readonly values: readonly { readonly expression: Node; readonly form: ValueForm }[];
}

/** A condition on one dimension that only Postgres can judge: over the dimension's values, which are read first. */
export interface Probe {
  readonly member: string;
  readonly condition: Node;
}

/** Values of a dimension, or buckets of the time, that are one group where the expressions are equal for them. */
export interface Merge {
  readonly member: string;
  readonly alias: string;
  /** Over the member alone. */
  readonly keys: readonly Node[];
  /** Measures whose groups may have values that rows have not. */
  readonly metrics: readonly string[];
}

export interface SourceColumn {
  readonly name: string;
  /** Type in Postgres. */
  readonly type: string;
  /** The member that gives its values; null for a column that no row has a value of. */
  readonly member: string | null;
}

/** Rows of the model that stand in the place of a relation of the statement. */
export interface Source {
  /** Name that the statement has for them until they get a table. */
  readonly table: string;
  readonly request: Pick<ReportRequest, 'metrics' | 'dimensions'> & { readonly time_grain: TimeGrain | null };
  readonly columns: readonly SourceColumn[];
  readonly pushed: readonly Push[];
  readonly probes: readonly Probe[];
  readonly merges: readonly Merge[];
  /** No more rows than the sum of these are needed, whichever they are; null for all rows. */
  readonly most: readonly Node[] | null;
  /** Conditions without columns: where one does not hold, there are no rows. */
  readonly constants: readonly Node[];
  /** The request of the saved report whose rows these are; `request` is empty then. */
  readonly report: ReportRequest | null;
  /** Groups of several sets of keys: each is read by itself, and its rows have its number in the column `_level`. */
  readonly levels: readonly Source['request'][] | null;
  /** Rows of each attribution model that meets the conditions; null where the statement does not name the model. */
  readonly models: SourceModels | null;
}

export interface SourceModels {
  /** On the column of the model alone, by this alias. */
  readonly alias: string;
  readonly conditions: readonly Node[];
  /** Whether numbers of several models would be put together: then only one may be left. */
  readonly onlyOne: boolean;
}

export interface StatementPlan {
  /** The statement over the sources' tables. */
  readonly statement: Node;
  readonly sources: readonly Source[];
  /** What to be careful about. */
  readonly notices: readonly string[];
}
