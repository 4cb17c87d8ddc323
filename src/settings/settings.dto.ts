import { InputType, Int, ObjectType, PartialType } from '@nestjs/graphql';
import { IsInt, IsTimeZone, Max, Min, ValidateBy } from 'class-validator';
import { isLocale } from '../reports/render/charts/shape.js';
import { isCurrency } from '../common/currency.js';
import { Described } from '../common/described.js';

const IsCurrency = (): PropertyDecorator =>
  ValidateBy({
    name: 'isCurrency',
    validator: {
      validate: isCurrency,
      defaultMessage: (at) => `${at?.property ?? 'it'} must be an ISO 4217 code in capitals such as USD or EUR`,
    },
  });

const IsReportLocale = (): PropertyDecorator =>
  ValidateBy({
    name: 'isReportLocale',
    validator: {
      validate: isLocale,
      defaultMessage: (at) => `${at?.property ?? 'it'} must be a locale such as en-US, de-DE, ar-EG or ja-JP`,
    },
  });

/** What decides how an organisation's numbers are shown and grouped. */
@ObjectType('OrganizationSettings', {
  description: 'What decides how an organisation’s numbers are shown and grouped.',
})
export class OrganizationSettingsDto {
  @Described({
    description: 'ISO 4217 code in which money is shown, and which rows without a currency have.',
    type: () => String,
    example: 'USD',
  })
  @IsCurrency()
  currency!: string;

  @Described({
    description: 'IANA zone of days, weeks and months where a request names none.',
    type: () => String,
    example: 'Europe/Berlin',
  })
  @IsTimeZone({ message: 'time_zone must be an IANA zone such as Europe/Berlin, America/New_York or UTC' })
  time_zone!: string;

  @Described({
    description: 'ISO weekday on which a week starts: 1 = Monday … 7 = Sunday.',
    type: () => Int,
    example: 1,
  })
  @IsInt()
  @Min(1)
  @Max(7)
  week_start!: number;

  @Described({
    description: 'Month (1–12) in which the fiscal year starts; quarters and years are counted from it.',
    type: () => Int,
    example: 1,
  })
  @IsInt()
  @Min(1)
  @Max(12)
  fiscal_year_start!: number;

  @Described({
    description: 'Most days (0–31) for which the last known exchange rate stands in where a day has none.',
    type: () => Int,
    example: 7,
  })
  @IsInt()
  @Min(0)
  @Max(31)
  fx_carry_days!: number;

  @Described({
    description:
      'ISO 4217 code through which two currencies are converted that have no rate between them; null for any that serves.',
    type: () => String,
    optional: true,
    example: 'EUR',
  })
  @IsCurrency()
  fx_via!: string | null;

  @Described({
    description: 'BCP 47 tag by which reports write numbers and dates, and in which direction they run.',
    type: () => String,
    example: 'de-DE',
  })
  @IsReportLocale()
  locale!: string;
}

/** Body of `PATCH /api/organization/settings`. */
@InputType('OrganizationSettingsInput', { description: 'What changes; absent fields stay.' })
export class UpdateSettingsDto extends PartialType(OrganizationSettingsDto, InputType) {}

@ObjectType('WrittenOrganizationSettings', { description: 'The settings, live under this snapshot of the model.' })
export class WrittenSettingsDto extends OrganizationSettingsDto {
  @Described({
    description: 'Hash of the model that is live with them.',
    type: () => String,
    example: '3f1c9a52d0e84b7f…',
  })
  snapshot!: string;
}
