import { Field, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { ArrayMinSize, IsArray, IsIn, IsInt, IsISO8601, IsString, IsUUID, Length, Max, Min } from 'class-validator';
import { ROLES, type Role } from '../access/identity.js';
import { ACTIONS, type Action } from '../access/permissions.js';
import { Described } from '../common/described.js';
import { NamedDto } from './people.dto.js';

const TEXTS = { type: 'array', items: { type: 'string' } } as const;

/** Body of `POST /api/keys`. */
@InputType('ApiKeyInput', {
  description: 'An API key to make: for yourself, for a person, or (with a role) for a machine.',
})
export class CreateKeyDto {
  @Described({ description: 'What it is for.', type: () => String, example: 'Nightly export' })
  @Length(1, 200)
  name!: string;

  @Described({
    description: 'The person that it acts for, always with that person’s role; yourself when nothing else is given.',
    type: () => String,
    optional: true,
  })
  @IsUUID()
  user_id?: string | null;

  @Described({ description: 'Role of a machine’s key.', type: () => String, oneOf: ROLES, optional: true })
  @IsIn(ROLES)
  role?: Role | null;

  @Described({
    description: 'Role of the organisation’s own, for a machine’s key.',
    type: () => String,
    optional: true,
  })
  @IsUUID()
  custom_role_id?: string | null;

  @Described({
    description: 'Campaigns of a machine’s key with the role of a campaign manager.',
    type: () => [String],
    optional: true,
    schema: TEXTS,
  })
  @IsArray()
  @IsString({ each: true })
  @Length(1, 500, { each: true })
  campaigns?: string[] | null;

  @Described({
    description: 'What of the role the key is for; all of it when absent.',
    type: () => [String],
    optional: true,
    schema: TEXTS,
    example: ['identity:read', 'reports:read'],
  })
  @IsArray()
  @ArrayMinSize(1)
  @IsIn(ACTIONS, { each: true })
  scopes?: Action[] | null;

  @Described({
    description: 'When it ends, as an instant; never when absent.',
    type: () => String,
    optional: true,
    example: '2027-01-01T00:00:00Z',
  })
  @IsISO8601({ strict: true })
  expires_at?: string | null;
}

/** Body of `POST /api/keys/:id/rotate`. */
@InputType('RotateKeyInput', { description: 'How long the old key stays valid.' })
export class RotateKeyDto {
  @Described({
    description: 'Hours for which the old key stays valid beside the new one (0–720).',
    type: () => Int,
    optional: true,
    example: 24,
  })
  @IsInt()
  @Min(0)
  @Max(720)
  overlap_hours?: number | null;
}

@ObjectType('ApiKey', { description: 'An API key, without its secret.' })
export class KeyDto {
  @Field(() => ID, { description: 'Its id.' }) @ApiProperty({ format: 'uuid' }) id!: string;
  @Described({ description: 'What it is for.', type: () => String }) name!: string;
  @Described({ description: 'Its public part: `trb_<public_id>_…`.', type: () => String }) public_id!: string;
  @Described({ description: 'The person that it acts for.', type: () => String, optional: true }) user_id!:
    string | null;
  @Described({ description: 'Its role: a person’s is that of the person.', type: () => String, oneOf: ROLES })
  role!: Role;
  @Described({ description: 'Role of the organisation’s own.', type: () => NamedDto, optional: true })
  custom_role!: NamedDto | null;
  @Described({ description: 'Campaigns that it is limited to.', type: () => [String], schema: TEXTS })
  campaigns!: string[];
  @Described({
    description: 'What of the role it is for; null for all.',
    type: () => [String],
    optional: true,
    schema: TEXTS,
  })
  scopes!: Action[] | null;
  @Described({ description: 'Who made it.', type: () => String, optional: true }) created_by!: string | null;
  @Described({ description: 'When it was made.', type: () => String }) created_at!: string;
  @Described({ description: 'When it ends.', type: () => String, optional: true }) expires_at!: string | null;
  @Described({ description: 'When it was revoked.', type: () => String, optional: true }) revoked_at!: string | null;
  @Described({ description: 'When it was last used, to about a minute.', type: () => String, optional: true })
  last_used_at!: string | null;
  @Described({ description: 'The key that takes its place.', type: () => String, optional: true }) replaced_by!:
    string | null;
}

@ObjectType('NewApiKey', { description: 'An API key that was just made.' })
export class NewKeyDto extends KeyDto {
  @Described({ description: 'The whole key. It is shown this once.', type: () => String, example: 'trb_4f0q…_…' })
  key!: string;
}
