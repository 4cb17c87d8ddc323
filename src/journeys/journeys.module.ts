import { Module } from '@nestjs/common';
import { JourneyRefresh } from './journey-refresh.service.js';

/** Keeps journeys up to date; who reads them is in `analytics`. */
@Module({ providers: [JourneyRefresh], exports: [JourneyRefresh] })
export class JourneysModule {}
