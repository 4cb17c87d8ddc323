import { Field, ID, InputType, ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { Length } from 'class-validator';
import { Described } from '../common/described.js';

@ObjectType('Organization', { description: 'A tenant: everything belongs to exactly one.' })
export class OrganizationDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'Name in URLs and as database of the SQL API.', type: () => String, example: 'sample' })
  slug!: string;
  @Described({ description: 'Name shown to people.', type: () => String }) name!: string;
  @Described({ description: 'ISO 4217 code in which money is labelled.', type: () => String, example: 'USD' })
  currency!: string;
  @Described({
    description: 'IANA zone used where a request names none.',
    type: () => String,
    example: 'Europe/Berlin',
  })
  time_zone!: string;
  @Described({ description: 'When it was made.', type: () => String }) created_at!: string;
}

/** Body of `PATCH /api/organization`. */
@InputType('OrganizationInput', { description: 'What changes; absent fields stay.' })
export class UpdateOrganizationDto {
  @Described({ description: 'Name shown to people.', type: () => String, optional: true, example: 'Juniper & Oak' })
  @Length(1, 200)
  name?: string | null;
}
