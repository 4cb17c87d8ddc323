import { ValidationPipe, type ValidationError } from '@nestjs/common';
import { nearestNames } from './nearest.js';
import { badRequest, type ProblemItem } from './problem.js';

const flatten = (errors: readonly ValidationError[], pointer: string): ProblemItem[] =>
  errors.flatMap((error) => {
    const at = `${pointer}/${error.property}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]): ProblemItem => {
      if (rule !== 'whitelistValidation') return { code: 'wrong_value', message: `${message}.`, pointer: at };
      const known = Object.keys((error.target as object | undefined) ?? {});
      return {
        code: 'unknown_field',
        message: `There is no field "${error.property.slice(0, 80)}".`,
        pointer: at,
        suggestions: nearestNames(
          error.property,
          known.filter((name) => name !== error.property),
        ),
      };
    });
    return [...own, ...flatten(error.children ?? [], at)];
  });

/** Checks bodies and queries against their classes; every mistake at once, each with its JSON pointer. */
export const validationPipe = (): ValidationPipe =>
  new ValidationPipe({
    transform: true,
    whitelist: true,
    forbidNonWhitelisted: true,
    exceptionFactory: (errors) => {
      const items = flatten(errors, '');
      return badRequest('invalid_request', items.map((item) => item.message).join(' '), items);
    },
  });
