import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';

export const MAIL_SECURITIES = ['tls', 'starttls', 'none'] as const;
export type MailSecurity = (typeof MAIL_SECURITIES)[number];

const HOST = /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;
const HEADER_SAFE = /^[^\p{Cc}]*$/u;

/** Body of `PUT /api/reports/mail-host`. */
export class PutMailHostDto {
  @ApiProperty({ example: 'smtp.example.com', description: 'Name or IPv4 address of the mail host.' })
  @IsString()
  @Matches(HOST, { message: 'host must be a name such as smtp.example.com' })
  host!: string;

  @ApiProperty({
    example: 587,
    description: '25, 465, 587, 2465, 2525 or 2587, unless the installation allows others.',
  })
  @IsInt()
  @Min(1)
  @Max(65_535)
  port!: number;

  @ApiPropertyOptional({
    enum: MAIL_SECURITIES,
    description:
      '`tls`: encrypted from the first byte, the default for port 465; `starttls`: encrypted or not at all, the default elsewhere; `none`: in the clear, and never with a password.',
  })
  @IsOptional()
  @IsIn(MAIL_SECURITIES)
  security?: MailSecurity;

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

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'Kept as a secret and never shown. Absent: the one that is kept stays, for the same host and user.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 1_000)
  password?: string | null;

  @ApiProperty({ example: 'Northwind Reports <reports@example.com>', description: 'Sender of the mails.' })
  @IsString()
  @MaxLength(320)
  from!: string;
}

/** An organisation's own mail host; never its password. */
export class MailHostDto {
  @ApiProperty({ example: 'smtp.example.com' }) host!: string;
  @ApiProperty({ example: 587 }) port!: number;
  @ApiProperty({ enum: MAIL_SECURITIES }) security!: MailSecurity;
  @ApiProperty({ type: String, nullable: true, example: 'reports@example.com' }) username!: string | null;
  @ApiProperty({ description: 'Whether a password is kept.' }) has_password!: boolean;
  @ApiProperty({ example: 'Northwind Reports <reports@example.com>' }) from!: string;
  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When these settings last passed a verification; null when they never did.',
  })
  verified_at!: string | null;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
}

/** Answer of `GET /api/reports/mail-host`. */
export class MailHostStateDto {
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

export class MailHostVerificationDto {
  @ApiProperty({ description: 'Whether every step was passed.' }) verified!: boolean;
  @ApiProperty({
    enum: VERIFY_STEPS,
    nullable: true,
    description: 'The step that failed: looking the host up, connecting (with TLS), logging in, sending the test mail.',
  })
  failed_at!: VerifyStep | null;
  @ApiProperty({ type: String, nullable: true, example: 'The mail host refused the log-in.' }) detail!: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    example: '535 5.7.8 Authentication failed',
    description: 'What the host said.',
  })
  reply!: string | null;
}
