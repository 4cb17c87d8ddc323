import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsOptional, IsString, IsTimeZone, MaxLength } from 'class-validator';
import { ROLLUP_GRAINS, type RollupGrain } from '../compiler/rollup/types.js';
import { MOST_DIMENSIONS } from './rollup-config.js';

export class PutRollupDto {
  @ApiProperty({
    type: [String],
    maxItems: MOST_DIMENSIONS,
    description:
      'Keys of dimensions. A query is answered from the rollup when it groups by and filters on these only; each one more makes it larger.',
    example: ['data_source', 'campaign_id', 'campaign_name', 'device'],
  })
  @IsArray()
  @ArrayMaxSize(MOST_DIMENSIONS)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  dimensions!: string[];

  @ApiProperty({
    enum: ROLLUP_GRAINS,
    description:
      'Into what stretches of time rows are grouped. `daily`: days of one time zone, smallest. `hourly`: for zones whole hours from UTC. `fifteen_minutes`: for every zone.',
    example: 'daily',
  })
  @IsIn(ROLLUP_GRAINS)
  grain!: RollupGrain;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'IANA zone of the days; the organisation’s when absent. Says nothing for the other grains.',
    example: 'Europe/Berlin',
  })
  @IsOptional()
  @IsTimeZone({ message: 'time_zone must be an IANA zone such as Europe/Berlin, America/New_York or UTC' })
  time_zone?: string | null;
}

export class RollupDto {
  @ApiProperty({ description: 'Its name.', example: 'default' }) name!: string;
  @ApiProperty({
    enum: ['organization', 'default'],
    description: 'Whether the organisation asked for it, or has it because it has many rows.',
  })
  origin!: 'organization' | 'default';
  @ApiProperty({ type: [String], description: 'Dimensions by which it can answer.' }) dimensions!: string[];
  @ApiProperty({ type: [String], description: 'Metrics that it can answer; all others are computed from rows.' })
  metrics!: string[];
  @ApiProperty({ enum: ROLLUP_GRAINS, description: 'Its stretches of time.' }) grain!: RollupGrain;
  @ApiProperty({ description: 'IANA zone of its days; UTC for clock grains.', example: 'Europe/Berlin' })
  time_zone!: string;
  @ApiProperty({
    enum: ['building', 'ready', 'rebuilding'],
    description: '`rebuilding`: answers, while one for the present definitions is being made.',
  })
  state!: 'building' | 'ready' | 'rebuilding';
  @ApiProperty({ type: String, nullable: true, description: 'What went wrong when it was last filled.' })
  problem!: string | null;
  @ApiProperty({ description: 'Rows in its table.', example: 79200 }) rows!: number;
  @ApiProperty({ description: 'Bytes on disk.', example: 4_200_000 }) bytes!: number;
  @ApiProperty({ description: 'Months that it holds.', example: 13 }) months!: number;
  @ApiProperty({ description: 'Months that have changed and are answered from rows meanwhile.', example: 0 })
  stale_months!: number;
  @ApiProperty({ type: String, nullable: true, description: 'When a month was last filled.' })
  refreshed_at!: string | null;
  @ApiProperty({ description: 'Answers that came from it.', example: 1204 }) answers!: number;
  @ApiProperty({ type: String, nullable: true, description: 'About when the last one did.' })
  last_answer_at!: string | null;
}

export class RollupsDto {
  @ApiProperty({ type: [RollupDto] }) data!: RollupDto[];
  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'Rows from which on an organisation has the default rollup; null where there is none by default.',
    example: 1_000_000,
  })
  default_from_rows!: number | null;
  @ApiProperty({ description: 'Whether the organisation has turned the default rollup off.' })
  default_is_off!: boolean;
  @ApiProperty({ description: 'Rows that the organisation has imported.', example: 2_000_000 })
  organization_rows!: number;
}
