import { Controller, Get, Inject, Res, type OnModuleDestroy } from '@nestjs/common';
import { ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { Public } from '../access/permissions.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { MetricsRegistry } from './metrics-registry.js';

class LiveDto {
  @ApiProperty({ example: 'ok' }) status!: string;
}
class ReadyDto extends LiveDto {
  @ApiProperty({ example: { database: 'ok', engine: 'ok' }, additionalProperties: { type: 'string' } })
  checks!: Record<string, string>;
}

const within = async (check: Promise<unknown>, ms: number): Promise<'ok' | 'down'> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'down'>((resolve) => (timer = setTimeout(() => resolve('down'), ms)));
  try {
    return await Promise.race([
      check.then(
        () => 'ok' as const,
        () => 'down' as const,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
};

@ApiTags('operations')
@Public()
@Controller()
export class HealthController implements OnModuleDestroy {
  private isStopping = false;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly registry: MetricsRegistry,
  ) {}

  /** The first that happens when the process is told to stop; it answers until what it has begun is done. */
  onModuleDestroy(): void {
    this.isStopping = true;
  }

  @Get('health/live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiResponse({ status: 200, type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'The stores answer, requests can be served' })
  @ApiResponse({ status: 200, type: ReadyDto })
  @ApiResponse({
    status: 503,
    description:
      'A store does not answer, `checks` says which; or the process was told to stop, and ends what it has begun.',
  })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const [database, engine] = await Promise.all([
      within(this.database.query('SELECT 1'), 3_000),
      within(this.engine.ping(), 3_000),
    ]);
    const status = this.isStopping ? 'stopping' : database === 'ok' && engine === 'ok' ? 'ok' : 'unavailable';
    await reply.status(status === 'ok' ? 200 : 503).send({ status, checks: { database, engine } });
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus metrics' })
  @ApiResponse({ status: 200, description: 'Text exposition format.' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.type(this.registry.contentType).send(await this.registry.render());
  }
}
