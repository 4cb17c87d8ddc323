import { ObjectType } from '@nestjs/graphql';
import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength, MinLength } from 'class-validator';
import { Described } from '../common/described.js';

@ObjectType('Secret', { description: 'A secret that is kept; its value is never told.' })
export class SecretDto {
  @Described({ description: 'Name of the secret.', type: () => String, example: 'connector.meta_ads.token' })
  name!: string;

  @Described({
    description: 'Fingerprint of the key that it is sealed under.',
    type: () => String,
    example: '3f1c9a52d0e8',
  })
  key_id!: string;

  @Described({ description: 'When it was last put.', type: () => String, example: '2026-07-01T09:00:00.000Z' })
  updated_at!: string;
}

export class SecretListDto {
  @ApiProperty({ type: [SecretDto], description: 'By name.' }) data!: SecretDto[];
}

/** Body of `PUT /api/secrets/{name}`. */
export class SecretValueDto {
  @ApiProperty({ description: 'The secret: 1 to 65,536 bytes. It is never shown again.', example: 'EAAB…' })
  @IsString()
  @MinLength(1)
  @MaxLength(65_536)
  value!: string;
}
