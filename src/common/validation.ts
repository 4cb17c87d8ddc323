import { ValidationPipe, type ArgumentMetadata, type Type, type ValidationError } from '@nestjs/common';
import { getMetadataStorage } from 'class-validator';
import { nearestNames } from './nearest.js';
import { badRequest, type ProblemItem } from './problem.js';

/** Fields that the class of a body or query declares. */
function knownFields(target: object | undefined): string[] {
  if (!target) return [];
  const rules = getMetadataStorage().getTargetValidationMetadatas(target.constructor, '', true, false);
  return [...new Set(rules.map((rule) => rule.propertyName))].sort();
}

const flatten = (errors: readonly ValidationError[], pointer: string): ProblemItem[] =>
  errors.flatMap((error) => {
    const at = `${pointer}/${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]): ProblemItem => {
      if (rule !== 'whitelistValidation') return { code: 'wrong_value', message: `${message}.`, pointer: at };
      const known = knownFields(error.target);
      const suggestions = nearestNames(error.property, known);
      const hint = suggestions.length > 0 ? `Did you mean ${suggestions.join(' or ')}?` : `Known: ${known.join(', ')}.`;
      return {
        code: 'unknown_field',
        message: `There is no field "${error.property.slice(0, 80)}". ${hint}`,
        pointer: at,
        ...(suggestions.length > 0 ? { suggestions } : {}),
      };
    });
    return [...own, ...flatten(error.children ?? [], at)];
  });

/** Classes of queries that are right when nothing is given, which most requests do. */
const rightWhenEmpty = new WeakSet<Type>();

class CheckedInput extends ValidationPipe {
  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const { type, metatype } = metadata;
    const query = type === 'query' ? metatype : undefined;
    if (query && knownToBeRight(query, value)) return new query() as unknown;
    const checked: unknown = await super.transform(value, metadata);
    if (query && isEmpty(value) && checked instanceof query) rightWhenEmpty.add(query);
    return checked;
  }
}

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Whether a query need not be checked. */
const knownToBeRight = (type: Type, query: unknown): boolean => rightWhenEmpty.has(type) && isEmpty(query);

const input = new CheckedInput({
  transform: true,
  whitelist: true,
  forbidNonWhitelisted: true,
  validationError: { target: true },
  exceptionFactory: (errors) => {
    const items = flatten(errors, '');
    return badRequest('invalid_request', items.map((item) => item.message).join(' '), items);
  },
});

/**
 * A query string as its class, for a door that takes the request as it is; at once where nothing is given.
 * @throws Problem 400 `invalid_request` with every mistake
 */
export function checkedQuery<T extends object>(type: Type<T>, query: unknown): T | Promise<T> {
  if (knownToBeRight(type, query)) return new type();
  return input.transform(query, { type: 'query', metatype: type }) as Promise<T>;
}

/** Checks bodies and queries against their classes; every mistake at once, each with its JSON pointer. */
export const validationPipe = (): ValidationPipe => input;
