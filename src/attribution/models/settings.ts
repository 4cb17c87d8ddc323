/** What an organisation says about attribution, checked, and as the parameters of a run. */
import { MAX_HALF_LIFE_MS } from '../exact/decay.js';
import { MAX_WEIGHT, RULE_MODELS, SHAPLEY, STANDARD_MODELS, WHOLE_CREDIT, type Model } from './models.js';
import { CHANNEL_DIMENSIONS, type ChannelDimension, type Parameters, type RowKind } from './parameters.js';

export type CustomModel =
  | {
      readonly key: string;
      readonly label?: string;
      readonly kind: 'position';
      /** Weights of the first touches, of the last ones (the nearest to the conversion first), and of those between. */
      readonly start: readonly number[];
      readonly end: readonly number[];
      readonly middle: number;
    }
  | {
      readonly key: string;
      readonly label?: string;
      readonly kind: 'channel';
      readonly weights: Readonly<Record<string, number>>;
      /** Of channels that are not named. */
      readonly other: number;
    };

export interface AttributionSettings {
  readonly lookback_days: number;
  readonly half_life_days: number;
  readonly position: { readonly first: number; readonly middle: number; readonly last: number };
  readonly direct: readonly string[];
  readonly collapse: 'none' | 'consecutive';
  readonly reset: boolean;
  readonly by: ChannelDimension;
  /** Order of the Markov chain: how many touches its states remember. */
  readonly markov_order: number;
  /** Models that are kept up to date, beside those of the organisation's own. */
  readonly models: readonly string[];
  readonly touch: RowKind;
  readonly conversion: RowKind & {
    readonly revenue_field: string;
    readonly refund_field: string;
    readonly order_field: string;
  };
  readonly custom_models: readonly CustomModel[];
}

export const DEFAULT_SETTINGS: AttributionSettings = {
  lookback_days: 30,
  half_life_days: 7,
  position: { first: 0.4, middle: 0.2, last: 0.4 },
  direct: ['direct'],
  collapse: 'none',
  reset: false,
  by: 'data_source',
  markov_order: 1,
  models: [...RULE_MODELS, 'shapley'],
  touch: { source_categories: ['platform_native', 'external_marketing'], data_sources: [] },
  conversion: {
    source_categories: ['external_revenue'],
    data_sources: [],
    revenue_field: 'revenue',
    refund_field: 'refunds',
    order_field: 'order_id',
  },
  custom_models: [],
};

export interface SettingsFault {
  readonly pointer: string;
  readonly message: string;
}

const DAY_MS = 86_400_000;
const KEY = /^[a-z][a-z0-9_]{0,62}$/;
const FIELD = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
const CATEGORIES = ['platform_native', 'external_marketing', 'external_revenue', 'external_operational'];
const MICRO = 1_000_000;
const MOST = 500;

const isNumber = (value: unknown, from: number, to: number): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= from && value <= to;
const isText = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= 200 && !/[\0\p{Surrogate}]/u.test(value);
const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.length <= MOST && value.every(isText);

/** Weights have at most six decimals, and lie below 9,000. */
const isWeight = (value: unknown): value is number => isNumber(value, 0, MAX_WEIGHT / MICRO);
const isWeights = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.length <= MOST && value.every(isWeight);

/** Every mistake of settings as they came in, laid over others; empty when there is none. */
export function settingsFaults(settings: AttributionSettings): SettingsFault[] {
  const faults: SettingsFault[] = [];
  const check = (holds: boolean, pointer: string, message: string): void => {
    if (!holds) faults.push({ pointer, message });
  };
  check(
    isNumber(settings.lookback_days, 0, 3_650),
    '/lookback_days',
    'lookback_days is a number of days from 0 to 3650.',
  );
  check(
    isNumber(settings.half_life_days, 1 / 1_440, MAX_HALF_LIFE_MS / DAY_MS),
    '/half_life_days',
    'half_life_days is a number of days: from one minute (0.0007) to 3650.',
  );
  const { first, middle, last } = settings.position ?? {};
  check(
    [first, middle, last].every((share) => isNumber(share, 0, 1)) && Math.abs(first + middle + last - 1) < 1e-9,
    '/position',
    'position has first, middle and last: shares from 0 to 1 that add up to 1.',
  );
  check(isTexts(settings.direct), '/direct', 'direct is a list of channels, possibly empty.');
  check(['none', 'consecutive'].includes(settings.collapse), '/collapse', 'collapse is none or consecutive.');
  check(typeof settings.reset === 'boolean', '/reset', 'reset is true or false.');
  check(CHANNEL_DIMENSIONS.includes(settings.by), '/by', `by is one of ${CHANNEL_DIMENSIONS.join(', ')}.`);
  check([1, 2, 3].includes(settings.markov_order), '/markov_order', 'markov_order is 1, 2 or 3.');
  check(
    isTexts(settings.models) && settings.models.every((key) => STANDARD_MODELS.some((model) => model === key)),
    '/models',
    `models is a list of ${STANDARD_MODELS.join(', ')}.`,
  );
  for (const kind of ['touch', 'conversion'] as const) {
    const { source_categories, data_sources } = settings[kind] ?? {};
    check(
      isTexts(source_categories) && source_categories.every((each) => CATEGORIES.includes(each)),
      `/${kind}/source_categories`,
      `source_categories is a list of ${CATEGORIES.join(', ')}.`,
    );
    check(isTexts(data_sources), `/${kind}/data_sources`, 'data_sources is a list of names, empty for all.');
    check(
      (source_categories?.length ?? 0) + (data_sources?.length ?? 0) > 0,
      `/${kind}`,
      `Say which rows are ${kind === 'touch' ? 'touchpoints' : 'conversions'}: source_categories, data_sources, or both.`,
    );
  }
  for (const field of ['revenue_field', 'refund_field', 'order_field'] as const)
    check(FIELD.test(settings.conversion?.[field] ?? ''), `/conversion/${field}`, `${field} names a payload field.`);
  faults.push(...customFaults(settings.custom_models));
  return faults;
}

function customFaults(models: unknown): SettingsFault[] {
  if (!Array.isArray(models) || models.length > 20)
    return [{ pointer: '/custom_models', message: 'custom_models is a list of at most 20 models.' }];
  const seen = new Set<string>(STANDARD_MODELS);
  return (models as CustomModel[]).flatMap((model, index): SettingsFault[] => {
    const at = `/custom_models/${index}`;
    if (typeof model !== 'object' || model === null) return [{ pointer: at, message: 'A custom model is an object.' }];
    if (typeof model.key !== 'string' || !KEY.test(model.key) || seen.has(model.key))
      return [{ pointer: `${at}/key`, message: 'key is lower-case letters, digits and _, and no other model’s key.' }];
    seen.add(model.key);
    if (model.kind === 'position') {
      const holds = isWeights(model.start) && isWeights(model.end) && isWeight(model.middle);
      if (holds && model.start.concat(model.end, model.middle).some((weight) => weight > 0)) return [];
      return [
        {
          pointer: at,
          message:
            'A position model has start and end, lists of weights, and middle, a weight: numbers from 0 to 9000, not all 0.',
        },
      ];
    }
    if (model.kind === 'channel') {
      const named = Object.entries(model.weights ?? {});
      const holds =
        named.length <= MOST &&
        named.every(([key, weight]) => isText(key) && isWeight(weight)) &&
        isWeight(model.other);
      if (holds && (model.other > 0 || named.some(([, weight]) => weight > 0))) return [];
      return [
        {
          pointer: at,
          message: 'A channel model has weights by channel and other, a weight: numbers from 0 to 9000, not all 0.',
        },
      ];
    }
    return [{ pointer: `${at}/kind`, message: 'kind is position or channel.' }];
  });
}

/** Models that the organisation can ask for. */
export const modelKeys = (settings: AttributionSettings): string[] => [
  ...STANDARD_MODELS,
  ...settings.custom_models.map(({ key }) => key),
];

const micro = (weight: number): number => Math.round(weight * MICRO);

/** How a model weighs; null for markov, which has to be fitted first. */
function modelOf(key: string, settings: AttributionSettings): Model | null {
  switch (key) {
    case 'first_touch':
      return { key, weighing: { kind: 'first' } };
    case 'last_touch':
      return { key, weighing: { kind: 'last' } };
    case 'linear':
      return { key, weighing: { kind: 'linear' } };
    case 'time_decay':
      return { key, weighing: { kind: 'decay', half_life_ms: Math.round(settings.half_life_days * DAY_MS) } };
    case 'position_based': {
      const first = Math.round(settings.position.first * WHOLE_CREDIT);
      const last = Math.min(WHOLE_CREDIT - first, Math.round(settings.position.last * WHOLE_CREDIT));
      return { key, weighing: { kind: 'position', first, middle: WHOLE_CREDIT - first - last, last } };
    }
    case 'shapley':
      return { key, weighing: SHAPLEY };
    default: {
      const own = settings.custom_models.find((model) => model.key === key);
      if (!own) return null;
      if (own.kind === 'position')
        return {
          key,
          weighing: { kind: 'places', start: own.start.map(micro), middle: micro(own.middle), end: own.end.map(micro) },
        };
      const weights = Object.entries(own.weights).map(([channel, weight]) => [channel, micro(weight)] as const);
      return { key, weighing: { kind: 'channels', weights, other: micro(own.other), spread: false } };
    }
  }
}

/** The parameters of a run of these models, in the order of {@link modelKeys}; markov is still missing from them. */
export function parametersOf(
  settings: AttributionSettings,
  models: readonly string[],
  range: Parameters['range'],
): Parameters {
  const { direct, collapse, reset, by, touch } = settings;
  const { source_categories, data_sources, revenue_field, refund_field, order_field } = settings.conversion;
  return {
    models: modelKeys(settings).flatMap((key) => (models.includes(key) ? (modelOf(key, settings) ?? []) : [])),
    lookback_ms: Math.round(settings.lookback_days * DAY_MS),
    direct,
    collapse,
    reset,
    by,
    touch,
    conversion: { source_categories, data_sources },
    revenue_field,
    refund_field,
    order_field,
    range,
  };
}
