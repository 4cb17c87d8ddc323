import { applyDecorators } from '@nestjs/common';
import { ArgsType, Field, Int } from '@nestjs/graphql';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform, Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Max, Min } from 'class-validator';
import { badRequest } from './problem.js';

/** Entries on a page of a list where `limit` is absent. */
export const DEFAULT_PAGE = 500;

/** GraphQL may give null where a query string leaves a field away. */
export const NullIsAbsent = (): PropertyDecorator => Transform(({ value }: { value: unknown }) => value ?? undefined);

/** A field for how many are wanted, from 1 to 1000. @param usual where it is absent */
export const Limit = (usual: number, description: string): PropertyDecorator =>
  applyDecorators(
    ApiPropertyOptional({ minimum: 1, maximum: 1_000, default: usual, description }),
    Field(() => Int, { nullable: true, description }),
    NullIsAbsent(),
    IsOptional(),
    Type(() => Number),
    IsInt(),
    Min(1),
    Max(1_000),
  ) as PropertyDecorator;

/** `limit` and `cursor` of every list. */
@ArgsType()
export class PageQuery {
  @Limit(DEFAULT_PAGE, `Entries on a page, 1–1000; ${DEFAULT_PAGE} if absent.`)
  limit?: number;

  @ApiPropertyOptional({ description: '`next_cursor` of the page before.' })
  @Field(() => String, { nullable: true, description: '`next_cursor` of the page before.' })
  @NullIsAbsent()
  @IsOptional()
  @IsString()
  cursor?: string;
}

export const encodeCursor = (key: string): string => Buffer.from(key, 'utf8').toString('base64url');

/** @throws Problem 400 `invalid_cursor` when the text is no cursor of ours */
export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursor === '' || encodeCursor(key) !== cursor) {
    throw badRequest('invalid_cursor', 'The cursor is not one that this list gave out; leave it away to start anew.');
  }
  return key;
}

/** One page of a list that is sorted by `key` (unique). */
export function page<T>(
  items: readonly T[],
  query: PageQuery,
  key: (item: T) => string,
): { data: T[]; next_cursor: string | null } {
  const limit = query.limit ?? DEFAULT_PAGE;
  const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
  const start = after === undefined ? 0 : items.findIndex((item) => key(item) > after);
  const data = start < 0 ? [] : items.slice(start, start + limit);
  const last = data.at(-1);
  return { data, next_cursor: last && start + limit < items.length ? encodeCursor(key(last)) : null };
}
