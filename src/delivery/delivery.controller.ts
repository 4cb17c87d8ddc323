import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { DeliverDto, DeliverReplyDto, DeliveryListDto, DeliveryQuery } from './delivery.dto.js';
import { DeliveryService } from './delivery.service.js';
import { dashboardRef, viewRef } from './report-subject.port.js';

@ApiTags('reports')
@ApiBearerAuth()
@Controller('api')
export class DeliveryController {
  constructor(private readonly deliveries: DeliveryService) {}

  @Post('reports/views/:id/deliver')
  @HttpCode(202)
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'Send a saved report by mail now',
    description: 'Runs the report once and mails it to each recipient. The ledger tells what became of each mail.',
  })
  @ApiBody({ type: DeliverDto, required: false })
  @ApiResponse({ status: 202, type: DeliverReplyDto })
  deliver(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body?: DeliverDto,
  ): Promise<DeliverReplyDto> {
    return this.deliveries.deliver(identity, viewRef(id), body ?? {});
  }

  @Post('dashboard/:id/deliver')
  @HttpCode(202)
  @Allow('reports:deliver')
  @ApiOperation({ summary: 'Send a dashboard by mail now', description: 'As a saved report is.' })
  @ApiBody({ type: DeliverDto, required: false })
  @ApiResponse({ status: 202, type: DeliverReplyDto })
  deliverDashboard(
    @CurrentIdentity() identity: Identity,
    @Param('id') id: string,
    @Body() body?: DeliverDto,
  ): Promise<DeliverReplyDto> {
    return this.deliveries.deliver(identity, dashboardRef(id), body ?? {});
  }

  @Get('reports/deliveries')
  @Allow('reports:deliver')
  @ApiOperation({
    summary: 'The ledger of deliveries',
    description: 'One row for each sending and recipient, newest first, with the evidence for its state.',
  })
  @ApiResponse({ status: 200, type: DeliveryListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: DeliveryQuery): Promise<DeliveryListDto> {
    return this.deliveries.list(identity, query);
  }
}
