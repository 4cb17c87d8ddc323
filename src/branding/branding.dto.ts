import { ApiProperty } from '@nestjs/swagger';
import { Described } from '../common/described.js';

/** How an organisation's reports look. */
export class BrandingDto {
  @Described({
    description: 'Name at the head of reports, in place of the organisation’s; at most 120 characters.',
    type: () => String,
    optional: true,
    example: 'Brightside Agency',
  })
  name!: string | null;

  @Described({
    description:
      'Colour of the rule at the top and of single series, `#rrggbb`; at least 3:1 against white (WCAG 2.2).',
    type: () => String,
    optional: true,
    example: '#7a1fa2',
  })
  accent!: string | null;

  @Described({
    description: 'A line at the foot of every page and mail; at most 300 characters.',
    type: () => String,
    optional: true,
    example: 'Confidential · Brightside GmbH, Berlin',
  })
  footer!: string | null;

  @Described({
    description:
      'Logo as a `data:` URL. PNG or JPEG, at most 256 KB and 4000 × 4000 pixels; shown at most 160 × 40 CSS pixels large.',
    type: () => String,
    optional: true,
    example: 'data:image/png;base64,iVBORw0KGgo…',
  })
  logo!: string | null;
}

/** What stands, and whether the plan lets it be shown. */
export class CurrentBrandingDto extends BrandingDto {
  @ApiProperty({ description: 'Whether the organisation’s plan shows it on reports (`white_label`).', example: true })
  is_shown!: boolean;
}
