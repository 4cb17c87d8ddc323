/**
 * Metrics that add up what must not be added: a sum of what was counted once per row, like reach, or a formula over one.
 * Their measure has a value only where it adds nothing up, so that no answer can hold a wrong sum; a request whose groups
 * hold several rows is refused.
 */
import type { ProblemItem } from '../../common/problem.js';
import { partsKey } from '../cube/measure.js';
import { mustNotAddUp, whyNotAddedUp } from '../model/additivity.js';
import { windowsIn } from '../model/around.js';
import { memberLineage } from '../model/lineage.js';
import type { SimpleMetricMember } from '../model/types.js';
import { embedded, sql, statementOf } from './fragment.js';
import type { Report } from './report.js';
import type { Resolved } from './resolve.js';
import type { PlannedCheck, ReportRequest } from './types.js';

/** Where a request names what ranks. */
const RANKING = '/top/by';
const BY_INSTANT = 'Ask by the time grain at which it is recorded, or define it with the aggregation “last”.';
const BY_ROW =
  'Ask by the time grain and dimensions at which it is reported (such as daily by campaign), filter to those rows, or leave it out.';

/** A metric of the request, with the plain metric behind it that can't be summed. */
interface NonAdditive {
  readonly metric: Resolved;
  readonly summed: SimpleMetricMember;
}

function nonAdditiveMetrics({ metrics, filterMetrics, top, model }: Report): NonAdditive[] {
  const bad = new Map<string, SimpleMetricMember>();
  for (const member of model.members) if (mustNotAddUp(member)) bad.set(member.key, member);
  const all = new Map(
    [...metrics, ...filterMetrics, ...(top === null ? [] : [top.by])].map((metric) => [metric.key, metric]),
  );
  return [...all.values()].flatMap((metric) =>
    [metric.key, ...memberLineage(model, metric.key)].flatMap((key) => {
      const summed = bad.get(key);
      return summed === undefined ? [] : [{ metric, summed }];
    }),
  );
}

const why = ({ metric, summed }: NonAdditive): string => whyNotAddedUp(`“${metric.label}”`, summed);

/**
 * One check for each such metric: that no group of the answer holds several rows of it, and of the one that ranks none of
 * those that are ranked, which are whole groups of the answer.
 */
export async function additivityChecks(report: Report): Promise<PlannedCheck[]> {
  const { queries, range, dialect, top, places } = report;
  const checks = nonAdditiveMetrics(report).map(async (found): Promise<PlannedCheck> => {
    const ranks = top !== null && top.by.key === found.metric.key;
    const { dimensions, grain } = ranks ? { dimensions: [top.dimension], grain: null } : report;
    const groups = await queries.statement({ metrics: [partsKey(found.summed.key)], dimensions, time: grain, range });
    const columns = (grain === null ? 0 : 1) + dimensions.length + 1;
    const [column, list] =
      dialect === 'postgres'
        ? [`x${columns}`, `(${Array.from({ length: columns }, (_, index) => `x${index + 1}`).join(', ')})`]
        : [`\`marketing__${partsKey(found.summed.key)}\``, ''];
    const isState = found.summed.additivity === 'semi_additive';
    return {
      statement: statementOf(sql`SELECT max(g.${column}) FROM (${embedded(groups, dialect)}) AS g${list}`, dialect),
      most: 1,
      problem: {
        code: 'non_additive',
        message:
          `${why(found)} Some groups ${ranks ? 'that it would rank' : 'of this request'} hold several ${isState ? 'instants' : 'rows'}. ` +
          (ranks ? 'Rank by another metric.' : isState ? BY_INSTANT : BY_ROW),
        pointer: ranks ? RANKING : (places.get(found.metric.key) ?? '/metrics'),
      },
    };
  });
  return Promise.all(checks);
}

/** Numbers beside the rows, and of earlier times, that have no value where they would add up. */
export function nonAdditiveWarnings(report: Report, request: ReportRequest): ProblemItem[] {
  const { compare, top, model, places } = report;
  const beside = [
    ...(request.totals === true ? ['totals'] : []),
    ...((request.subtotals?.length ?? 0) > 0 ? ['subtotals'] : []),
    ...(top?.other === true ? ['the row for all other values'] : []),
    ...(compare === null ? [] : ['the range compared with']),
  ];
  return nonAdditiveMetrics(report).flatMap((found) => {
    const place = places.get(found.metric.key) ?? '/metrics';
    const where = [
      ...(place === RANKING ? [] : beside),
      ...(windowsIn(found.metric.key, model).length > 0 ? ['the time that it looks back at'] : []),
    ];
    if (where.length === 0) return [];
    return [
      {
        code: 'non_additive',
        message: `${why(found)} It has no value in ${where.join(', ')} wherever several rows would be added up.`,
        pointer: place,
      },
    ];
  });
}
