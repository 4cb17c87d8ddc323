import { applyDecorators, type Type } from '@nestjs/common';
import { Field, type ReturnTypeFuncValue } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';

export interface Description {
  readonly description: string;
  /** Shown in the OpenAPI document. */
  readonly example?: unknown;
  /** GraphQL type, e.g. `() => Int` or `() => [String]`. */
  readonly type: () => ReturnTypeFuncValue;
  /** OpenAPI schema where it differs from what the GraphQL type says. */
  readonly schema?: {
    readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'object' | 'array';
    readonly items?: object;
  };
  /** Allowed values. */
  readonly oneOf?: readonly string[];
  /** The field may be absent or null. */
  readonly optional?: boolean;
}

const openApiType = (type: ReturnTypeFuncValue): { type?: string | Type; isArray?: boolean } => {
  const [single, isArray] = Array.isArray(type) ? [type[0], true] : [type, false];
  const name = (single as { name?: string }).name ?? '';
  const plain = { String: 'string', Boolean: 'boolean', Int: 'integer', Float: 'number', JSON: 'object' }[name];
  return { type: plain ?? (single as Type), isArray };
};

/** One description of a field that serves the OpenAPI document, the GraphQL schema and (if optional) the validator. */
export function Described(description: Description): PropertyDecorator {
  const optional = description.optional ?? false;
  const decorators: PropertyDecorator[] = [
    Field(description.type, { description: description.description, nullable: optional }),
    ((target: object, key: string | symbol) =>
      ApiProperty({
        description: description.description,
        required: !optional,
        nullable: optional,
        ...(description.example === undefined ? {} : { example: description.example }),
        ...(description.oneOf ? { enum: [...description.oneOf] } : {}),
        ...((description.schema ?? openApiType(description.type())) as object),
      })(target, key)) as PropertyDecorator,
  ];
  if (optional) decorators.push(IsOptional());
  return applyDecorators(...decorators) as PropertyDecorator;
}
