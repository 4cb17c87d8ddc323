import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { PageQuery } from '../common/page.js';
import { CustomerMergeDto, CustomerMergeListDto, MergeCustomersBody } from './customer-merge.dto.js';
import { CustomerMergesService } from './customer-merges.service.js';

@ApiTags('customers')
@ApiBearerAuth()
@Controller('api/customers/merges')
export class CustomersController {
  constructor(private readonly merges: CustomerMergesService) {}

  @Post()
  @Allow('data:write')
  @ApiOperation({
    summary: 'Make two customer ids one person',
    description:
      'Journeys are restated before it is acknowledged; attribution with its next run. Merges chain: whoever was merged into `from` comes along.',
  })
  @ApiResponse({ status: 201, type: CustomerMergeDto })
  @ApiResponse({ status: 409, description: '`customer_merged`, `merge_cycle`, `ambiguous_customer`' })
  create(@CurrentIdentity() identity: Identity, @Body() body: MergeCustomersBody): Promise<CustomerMergeDto> {
    return this.merges.create(identity, body);
  }

  @Get()
  @Allow('journeys:read')
  @ApiOperation({ summary: 'List merges', description: 'Those that hold, newest first.' })
  @ApiResponse({ status: 200, type: CustomerMergeListDto })
  list(@CurrentIdentity() identity: Identity, @Query() query: PageQuery): Promise<CustomerMergeListDto> {
    return this.merges.list(identity, query);
  }

  @Delete(':id')
  @HttpCode(204)
  @Allow('data:write')
  @ApiOperation({ summary: 'Undo a merge', description: 'Both journeys are what they were.' })
  undo(@CurrentIdentity() identity: Identity, @Param('id') id: string): Promise<void> {
    return this.merges.undo(identity, id);
  }
}
