import { Field, InputType, Int, ObjectType } from '@nestjs/graphql';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { Described } from '../../common/described.js';

export const MAIL_SECURITIES = ['tls', 'starttls', 'none'] as const;
export type MailSecurity = (typeof MAIL_SECURITIES)[number];

const HOST = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const HEADER_SAFE = /^[^\p{Cc}]*$/u;

/** Body of `PUT /api/reports/mail-host`. */
@InputType('MailHostInput', { description: 'A mail host of the organisation’s own.' })
export class PutMailHostDto {
  @Field(() => String, { description: 'Name or IPv4 address.' })
  @ApiProperty({ example: 'smtp.example.com', description: 'Name or IPv4 address of the mail host.' })
  @IsString()
  @Matches(HOST, { message: 'host must be a name such as smtp.example.com' })
  host!: string;

  @Field(() => Int, { description: '25, 465, 587, 2465, 2525 or 2587, unless the installation allows others.' })
  @ApiProperty({
    example: 587,
    description: '25, 465, 587, 2465, 2525 or 2587, unless the installation allows others.',
  })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port!: number;

  @Field(() => String, { nullable: true, description: 'tls, starttls or none; by the port where absent.' })
  @ApiPropertyOptional({
    enum: MAIL_SECURITIES,
    description:
      '`tls`: encrypted from the first byte, the default for port 465; `starttls`: encrypted or not at all, the default elsewhere; `none`: in the clear, and never with a password.',
  })
  @IsOptional()
  @IsIn(MAIL_SECURITIES)
  security?: MailSecurity;

  @Field(() => String, { nullable: true, description: 'Null for no log-in.' })
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    example: 'reports@example.com',
    description: 'Null for no log-in.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 320)
  @Matches(HEADER_SAFE, { message: 'username must not hold control characters' })
  username?: string | null;

  @Field(() => String, { nullable: true, description: 'Kept as a secret; absent keeps the one that is kept.' })
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Kept as a secret and never shown. Absent: the one that is kept stays, for the same host and user.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  password?: string | null;

  @Field(() => String, { description: 'Sender of the mails.' })
  @ApiProperty({ example: 'Northwind Reports <reports@example.com>', description: 'Sender of the mails.' })
  @IsString()
  @MaxLength(320)
  from!: string;
}

const TEXT_OR_NULL = { type: () => String, optional: true } as const;

/** An organisation's own mail host; never its password. */
@ObjectType('MailHost', { description: 'An organisation’s own mail host; never its password.' })
export class MailHostDto {
  @Described({ description: 'Name or address.', type: () => String, example: 'smtp.example.com' }) host!: string;
  @Described({ description: 'TCP port.', type: () => Int, example: 587 }) port!: number;
  @Described({ description: 'How the line is kept secret.', type: () => String, oneOf: MAIL_SECURITIES })
  security!: MailSecurity;
  @Described({ description: 'Who logs in there.', ...TEXT_OR_NULL, example: 'reports@example.com' })
  username!: string | null;
  @Described({ description: 'Whether a password is kept.', type: () => Boolean }) has_password!: boolean;
  @Described({ description: 'Sender of the mails.', type: () => String, example: 'Northwind <reports@example.com>' })
  from!: string;
  @Described({
    description: 'When these settings last passed a verification; null when they never did.',
    ...TEXT_OR_NULL,
    example: '2026-02-02T14:00:00.000Z',
  })
  verified_at!: string | null;
  @Described({ description: 'When they were last changed.', type: () => String, example: '2026-02-02T13:58:00.000Z' })
  updated_at!: string;
}

/** Answer of `GET /api/reports/mail-host`. */
@ObjectType('MailHostState', { description: 'Through which host the organisation’s reports go out.' })
export class MailHostStateDto {
  @Field(() => MailHostDto, { nullable: true, description: 'Null for the installation’s mail host.' })
  @ApiProperty({
    type: MailHostDto,
    nullable: true,
    description: 'Null where the reports go out through the installation’s mail host.',
  })
  mail_host!: MailHostDto | null;
}

/** Body of `POST /api/reports/mail-host/verify`. */
export class VerifyMailHostDto {
  @ApiPropertyOptional({ example: 'ann@example.com', description: 'Also sends a test mail to this address.' })
  @IsOptional()
  @IsString()
  @MaxLength(320)
  to?: string;
}

export const VERIFY_STEPS = ['address', 'connection', 'login', 'mail'] as const;
export type VerifyStep = (typeof VERIFY_STEPS)[number];

@ObjectType('MailHostVerification', { description: 'How far a trial conversation with the mail host came.' })
export class MailHostVerificationDto {
  @Described({ description: 'Whether every step was passed.', type: () => Boolean }) verified!: boolean;
  @Described({
    description: 'The step that failed: looking the host up, connecting (with TLS), logging in, sending the test mail.',
    ...TEXT_OR_NULL,
    oneOf: VERIFY_STEPS,
  })
  failed_at!: VerifyStep | null;
  @Described({ description: 'What is wrong.', ...TEXT_OR_NULL, example: 'The mail host refused the log-in.' })
  detail!: string | null;
  @Described({ description: 'What the host said.', ...TEXT_OR_NULL, example: '535 5.7.8 Authentication failed' })
  reply!: string | null;
}
