import { GraphQLScalarType } from 'graphql';

const passThrough = (value: unknown): unknown => value;

/** Money and other exact decimals. */
export const DecimalScalar = new GraphQLScalarType({
  name: 'Decimal',
  description: 'An exact decimal number as text, e.g. "120.50", so that no digit is lost.',
  serialize: passThrough,
});

/** Whole numbers of any size. */
export const IntegerScalar = new GraphQLScalarType({
  name: 'Integer',
  description: 'A whole number; as text beyond ±2^53.',
  serialize: passThrough,
});

/** A day or an instant, as the grain has it. */
export const TimeScalar = new GraphQLScalarType({
  name: 'Time',
  description: 'A day (2026-01-31) or a time (2026-01-31T13:00:00); an instant has a Z.',
  serialize: passThrough,
});
