import { ArgsType, Field, ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { Described } from '../common/described.js';

@ArgsType()
export class MergeCustomersBody {
  @ApiProperty({
    description: 'The id that becomes part of the other: a UUID, or the source’s own id.',
    example: 'phone-17',
  })
  @Field(() => String, { description: 'The id that becomes part of the other: a UUID, or the source’s own id.' })
  @IsString()
  @Length(1, 1_000)
  from!: string;

  @ApiProperty({ description: 'The id that stands for both.', example: 'ann@example.com' })
  @Field(() => String, { description: 'The id that stands for both.' })
  @IsString()
  @Length(1, 1_000)
  to!: string;
}

@ObjectType('CustomerMerge', { description: 'Two customer ids that are one person.' })
export class CustomerMergeDto {
  @Described({ description: 'Id of the merge, to undo it.', type: () => String }) id!: string;
  @Described({ description: 'The id that became part of the other.', type: () => String }) from!: string;
  @Described({ description: 'The id that stands for both.', type: () => String }) to!: string;
  @Described({ description: 'When it was said.', type: () => String }) created_at!: string;
}

@ObjectType('CustomerMergePage', { description: 'One page of merges.' })
export class CustomerMergeListDto {
  @Field(() => [CustomerMergeDto], { description: 'The merges.' })
  @ApiProperty({ type: [CustomerMergeDto] })
  data!: CustomerMergeDto[];
  @Field(() => String, { nullable: true, description: 'Give it back as `cursor` for the next page; null at the end.' })
  @ApiProperty({ type: String, nullable: true })
  next_cursor!: string | null;
}
