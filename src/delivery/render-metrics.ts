import { Injectable } from '@nestjs/common';
import { Gauge } from 'prom-client';
import { PdfRenderer } from '../rendering/pdf-renderer.js';

/** How busy the browsers are that print reports in this process. */
@Injectable()
export class RenderMetrics {
  private readonly renderers = new Gauge({
    name: 'tributary_renderers',
    help: 'Browsers at work, and pages that wait for one',
    labelNames: ['state'] as const,
    registers: [],
    collect: () => this.read(),
  });
  private readonly killed = new Gauge({
    name: 'tributary_renderers_killed_total',
    help: 'Browsers that took too long or too much memory, or died, and were replaced',
    registers: [],
  });
  readonly all = [this.renderers, this.killed] as const;

  constructor(private readonly printer: PdfRenderer) {}

  private read(): void {
    const { running, waiting, killed } = this.printer.load;
    this.renderers.set({ state: 'busy' }, running);
    this.renderers.set({ state: 'waiting' }, waiting);
    this.killed.set(killed);
  }
}
