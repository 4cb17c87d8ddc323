import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../../access/identity.js';
import { newId } from '../../common/uuid.js';
import { SchedulePreparer } from '../../schedules/preparer.js';
import { ScheduleService, type ScheduleDraft } from '../../schedules/schedule.service.js';
import { MailHosts } from '../mail-hosts/mail-hosts.js';
import { MailPermissions } from '../mail-permissions.js';
import { Occurrence } from '../occurrence.entity.js';
import { ReportFilesService } from '../report-files.js';
import { logoData } from '../../reports/render/sections.js';
import { reportMail } from '../report-mail.js';
import type { SubjectRef } from '../report-subject.port.js';
import type { PreviewDto } from './preview.dto.js';

/** Links of a preview lead nowhere: there is no occurrence that they could open. */
const NOWHERE = '#preview';

/** Writes the mail that a schedule would send now, with the asker's rights. Nothing is sent or written down. */
@Injectable()
export class SchedulePreviews {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly schedules: ScheduleService,
    private readonly preparer: SchedulePreparer,
    private readonly files: ReportFilesService,
    private readonly permissions: MailPermissions,
    private readonly hosts: MailHosts,
  ) {}

  /** Of a schedule that is not saved. @param body as for saving it */
  async ofDraft(identity: Identity, what: SubjectRef, body: unknown, signal: AbortSignal): Promise<PreviewDto> {
    return this.preview(identity, await this.schedules.draft(identity, what, body), null, signal);
  }

  /** Of a schedule, with changes that are not saved. */
  async of(identity: Identity, id: string, changes: unknown, signal: AbortSignal): Promise<PreviewDto> {
    return this.preview(identity, await this.schedules.draftOf(identity, id, changes ?? {}), id, signal);
  }

  private async preview(
    identity: Identity,
    { schedule, subject }: ScheduleDraft,
    scheduleId: string | null,
    signal: AbortSignal,
  ): Promise<PreviewDto> {
    const now = new Date();
    const { organizationId: organization_id } = identity;
    const occurrence = this.database.manager.create(Occurrence, {
      id: newId(),
      organization_id,
      view_id: subject.view_id,
      dashboard_id: subject.dashboard_id,
      schedule_id: scheduleId,
      report_name: subject.name,
      due_at: now,
      formats: schedule.formats,
    });
    const { verdict, reason, sending } = await this.preparer.rehearse(occurrence, schedule, subject, identity, signal);
    const { content, chart } = await this.files.rehearse(occurrence, sending, signal);
    const {
      subject: line,
      text,
      html,
    } = reportMail(content, occurrence, {
      chart: chart && `data:image/png;base64,${chart.toString('base64')}`,
      logo: logoData(content.report),
      links: content.files
        .filter(({ isAttached }) => !isAttached)
        .map(({ filename, bytes }) => ({ filename, bytes, url: NOWHERE })),
      browserUrl: NOWHERE,
      unsubscribeUrl: NOWHERE,
    });
    const recipients = await Promise.all(
      sending.recipients.map(async (address) => ({
        address,
        refusal: await this.permissions.refusal(
          { organization_id, recipient: address, kind: 'report' },
          { schedule_id: scheduleId },
        ),
      })),
    );
    const isForNobody = recipients.every(({ refusal }) => refusal !== null);
    const { name, address } = await this.hosts.fromOf(organization_id);
    return {
      verdict: isForNobody ? 'skip' : verdict,
      reason: reason ?? (isForNobody ? 'Nobody would get it: none of the recipients may be sent to.' : null),
      from: name === '' ? address : `${name} <${address}>`,
      subject: line,
      text,
      html,
      recipients,
      attachments: content.files.map(({ filename, contentType, bytes, isAttached }) => ({
        filename,
        content_type: contentType,
        bytes,
        is_attached: isAttached,
      })),
    };
  }
}
