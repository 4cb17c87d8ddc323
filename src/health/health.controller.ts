import { Controller, Get, Inject, Res } from '@nestjs/common';
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
export class HealthController {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly registry: MetricsRegistry,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'The process answers' })
  @ApiResponse({ status: 200, type: LiveDto })
  live(): LiveDto {
    return { status: 'ok' };
  }

  @Get('health/ready')
  @ApiOperation({ summary: 'The stores answer, requests can be served' })
  @ApiResponse({ status: 200, type: ReadyDto })
  @ApiResponse({ status: 503, description: 'A store does not answer; `checks` says which.' })
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const [database, engine] = await Promise.all([
      within(this.database.query('SELECT 1'), 3_000),
      within(this.engine.ping(), 3_000),
    ]);
    const ok = database === 'ok' && engine === 'ok';
    await reply.status(ok ? 200 : 503).send({ status: ok ? 'ok' : 'unavailable', checks: { database, engine } });
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus metrics' })
  @ApiResponse({ status: 200, description: 'Text exposition format.' })
  async metrics(@Res() reply: FastifyReply): Promise<void> {
    await reply.type(this.registry.contentType).send(await this.registry.render());
  }
}
