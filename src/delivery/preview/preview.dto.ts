import { Int, ObjectType } from '@nestjs/graphql';
import { Described } from '../../common/described.js';

export const VERDICTS = ['send', 'hold', 'skip'] as const;

@ObjectType('PreviewRecipient', { description: 'Someone whom a mail would go to.' })
export class PreviewRecipientDto {
  @Described({ description: 'The address.', type: () => String, example: 'ann@example.com' }) address!: string;
  @Described({
    description: 'Why this one would get none; null when it would.',
    type: () => String,
    optional: true,
    example: 'The recipient has unsubscribed (2026-01-05).',
  })
  refusal!: string | null;
}

@ObjectType('PreviewAttachment', { description: 'A file of a mail that would go out.' })
export class PreviewAttachmentDto {
  @Described({ description: 'Its name.', type: () => String, example: 'spend-by-source-2026-02-02.pdf' })
  filename!: string;
  @Described({ description: 'Media type.', type: () => String, example: 'application/pdf' }) content_type!: string;
  @Described({ description: 'Size.', type: () => Int, example: 48_211 }) bytes!: number;
  @Described({ description: 'False where it is too large and would be a link.', type: () => Boolean })
  is_attached!: boolean;
}

/** What a schedule would send now. */
@ObjectType('SchedulePreview', { description: 'What a schedule would send now. Nothing is sent or written down.' })
export class PreviewDto {
  @Described({
    description:
      '`send`; `hold`, its data is not there yet; `skip`, its condition does not hold or nobody would get it.',
    type: () => String,
    oneOf: VERDICTS,
  })
  verdict!: (typeof VERDICTS)[number];
  @Described({ description: 'Why it would not go out now.', type: () => String, optional: true }) reason!:
    string | null;
  @Described({ description: 'Sender.', type: () => String, example: 'Reports <reports@example.com>' }) from!: string;
  @Described({ description: 'Subject of the mail.', type: () => String, example: 'Spend by source: $600' })
  subject!: string;
  @Described({ description: 'The mail in plain text.', type: () => String }) text!: string;
  @Described({ description: 'The mail in HTML, with its chart inside; its links lead nowhere.', type: () => String })
  html!: string;
  @Described({ description: 'Who would get it, as of now.', type: () => [PreviewRecipientDto] })
  recipients!: readonly PreviewRecipientDto[];
  @Described({ description: 'Its files.', type: () => [PreviewAttachmentDto] })
  attachments!: readonly PreviewAttachmentDto[];
}
