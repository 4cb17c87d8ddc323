import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { SchedulesModule } from '../schedules/schedules.module.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { DeliveryMail } from './delivery-mail.js';
import { DeliverySender } from './delivery-sender.js';
import { DeliveryController } from './delivery.controller.js';
import { DeliveryResolver } from './delivery.resolver.js';
import { DeliveryService } from './delivery.service.js';
import { LedgerMetrics } from './ledger-metrics.js';
import { MailHosts, RoutedMailer } from './mail-hosts/mail-hosts.js';
import { MailHostsResolver } from './mail-hosts/mail-hosts.resolver.js';
import { MailHostsController } from './mail-hosts/mail-hosts.controller.js';
import { MailHostsService } from './mail-hosts/mail-hosts.service.js';
import { MailController } from './mail.controller.js';
import { MailService } from './mail.service.js';
import { createMailer, MAILER, type Mailer } from './mail.js';
import { OccurrenceEnding } from './occurrence-ending.js';
import { OccurrenceLedger } from './occurrence-ledger.js';
import { OccurrenceRunner } from './occurrence-runner.js';
import { RenderMetrics } from './render-metrics.js';
import { PdfRenderer } from '../rendering/pdf-renderer.js';
import { PreviewController } from './preview/preview.controller.js';
import { PreviewResolver } from './preview/preview.resolver.js';
import { SchedulePreviews } from './preview/preview.service.js';
import { ReportFilesService } from './report-files.js';
import { ReportStore } from './report-store.js';
import { SignedLinks } from './signed-links.js';
import { SignedLinksController } from './signed-links.controller.js';
import { DeliverySweep } from './sweep.js';

/** Closes the browser after the queue has drained (`beforeApplicationShutdown`). */
@Injectable()
class PdfRendererLifecycle implements OnApplicationShutdown {
  constructor(private readonly printer: PdfRenderer) {}

  onApplicationShutdown(): Promise<void> {
    return this.printer.close();
  }
}

@Module({
  imports: [SchedulesModule],
  controllers: [DeliveryController, MailController, MailHostsController, PreviewController, SignedLinksController],
  providers: [
    DeliveryService,
    DeliveryResolver,
    DeliverySender,
    DeliveryLedger,
    DeliveryMail,
    DeliverySweep,
    LedgerMetrics,
    RenderMetrics,
    MailHosts,
    MailHostsResolver,
    MailHostsService,
    MailService,
    OccurrenceEnding,
    OccurrenceLedger,
    OccurrenceRunner,
    ReportFilesService,
    SchedulePreviews,
    PreviewResolver,
    ReportStore,
    SignedLinks,
    PdfRendererLifecycle,
    {
      provide: PdfRenderer,
      inject: [APP_CONFIG],
      useFactory: ({ rendering }: AppConfig) => new PdfRenderer(rendering),
    },
    {
      provide: MAILER,
      inject: [APP_CONFIG, MailHosts],
      useFactory: (config: AppConfig, hosts: MailHosts): Mailer => new RoutedMailer(createMailer(config), hosts),
    },
  ],
  exports: [DeliveryService, LedgerMetrics, PdfRenderer, RenderMetrics],
})
export class DeliveryModule {}
