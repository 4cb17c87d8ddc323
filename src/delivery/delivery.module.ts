import { Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { DeliveryController } from './delivery.controller.js';
import { DeliveryService } from './delivery.service.js';
import { DeliveryWorker } from './delivery.worker.js';
import { createMailer, MAILER, type Mailer } from './mail.js';
import { PdfRenderer } from './pdf.js';
import { ReportFilesService } from './report-files.js';

/** Closes the browser after the queue has drained (`beforeApplicationShutdown`). */
@Injectable()
class PdfRendererLifecycle implements OnApplicationShutdown {
  constructor(private readonly printer: PdfRenderer) {}

  onApplicationShutdown(): Promise<void> {
    return this.printer.close();
  }
}

@Module({
  controllers: [DeliveryController],
  providers: [
    DeliveryService,
    DeliveryWorker,
    DeliveryLedger,
    ReportFilesService,
    PdfRendererLifecycle,
    { provide: PdfRenderer, useFactory: () => new PdfRenderer() },
    { provide: MAILER, inject: [APP_CONFIG], useFactory: (config: AppConfig): Mailer => createMailer(config) },
  ],
  exports: [DeliveryService, PdfRenderer],
})
export class DeliveryModule {}
