/** What is doubtful about a definition although it can be computed: numbers that count the same thing twice. */
import { warning } from '../compiler/diagnostics/diagnostic.js';
import type { Library } from '../compiler/model/library.js';
import type {
  Diagnostic,
  FieldRef,
  FormulaMetricMember,
  Member,
  Model,
  SimpleMetricMember,
} from '../compiler/model/types.js';

/** Warnings about one member of a model, beside those that its checks found. */
export function adviceFor(member: Member, model: Model, library: Library): Diagnostic[] {
  if (member.status === 'quarantined' || member.origin === 'standard') return [];
  if (member.kind === 'simple') return [...summedTwice(member, library), ...weightAdvice(member, library)];
  return member.kind === 'formula' ? builtOnWhatCannotBeSummed(member, model) : [];
}

/** The payload field's name, if it is a field at the top of the payload. */
const fieldName = (field: FieldRef): string | undefined =>
  field.kind === 'payload' && field.root === 'data_payload' && field.path.length === 1 ? field.path[0] : undefined;

/** A row's value that stands for people, like reach, fans out: the same people are in the rows of other days. */
function summedTwice(member: SimpleMetricMember, library: Library): Diagnostic[] {
  if (member.aggregation !== 'sum' || member.additivity !== 'additive') return [];
  const name = fieldName(member.field);
  const standard = library.members.find(({ metric_key: key, expression }) => key === name && expression === null);
  if (!standard || standard.additivity === 'additive') return [];
  const message = `The field ${name} is ${standard.additivity}: summed over days, campaigns or sources it counts the same again. Declare this metric ${standard.additivity}, too.`;
  return [warning('fan_out', '/additivity', message)];
}

function builtOnWhatCannotBeSummed(member: FormulaMetricMember, model: Model): Diagnostic[] {
  if (member.additivity !== 'additive') return [];
  const parts = model.members.filter(
    ({ key, additivity }) => member.depends_on.includes(key) && additivity !== 'additive',
  );
  const [first] = parts;
  if (!first) return [];
  const message = `It builds on ${parts.map(({ key }) => key).join(', ')}, which can’t be added up, so neither can this: declare it ${first.additivity}.`;
  return [warning('fan_out', '/additivity', message)];
}

function weightAdvice({ field, weight }: SimpleMetricMember, library: Library): Diagnostic[] {
  const name = weight && fieldName(weight);
  if (!weight || !name) return [];
  if (fieldName(field) === name) {
    return [
      warning(
        'self_weight',
        '/weight',
        `${name} is weighed by itself: name the field that says how much each row counts, such as impressions.`,
      ),
    ];
  }
  const known = library.fields.find((each) => each.name === name);
  if (!known || ['integer', 'float', 'currency'].includes(known.data_type)) return [];
  const message = `The field ${name} holds a ${known.data_type}, so no row has a weight and the result is empty: name a field that holds numbers.`;
  return [warning('unusable_weight', '/weight', message)];
}
