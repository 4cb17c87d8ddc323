import { Module } from '@nestjs/common';
import { LibraryService } from '../metrics/library.service.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { ImportService } from './import.service.js';
import { IngestionController } from './ingestion.controller.js';
import { DEFAULT_FIELDS, STANDARD_FIELDS, type FieldType } from './standard-fields.js';

@Module({
  imports: [MetricsModule, JourneysModule],
  controllers: [IngestionController],
  providers: [
    ImportService,
    {
      provide: STANDARD_FIELDS,
      inject: [LibraryService],
      // The library's types win; the presets' further fields are checked as well.
      useFactory: ({ library }: LibraryService): readonly FieldType[] => {
        const known = new Set(library.fields.map(({ name }) => name));
        return [...library.fields, ...DEFAULT_FIELDS.filter(({ name }) => !known.has(name))];
      },
    },
  ],
  exports: [ImportService],
})
export class IngestionModule {}
