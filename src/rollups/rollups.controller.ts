import { Body, Controller, Delete, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { organizationWithAllMembers } from '../access/policy.js';
import { notFound, unprocessable } from '../common/problem.js';
import { PutRollupDto, RollupDto, RollupsDto } from './rollups.dto.js';
import { RollupsService } from './rollups.service.js';

const NAME = /^[a-z][a-z0-9_]{0,62}$/;

@ApiTags('rollups')
@ApiBearerAuth()
@Controller('api/marketing/rollups')
export class RollupsController {
  constructor(private readonly rollups: RollupsService) {}

  @Get()
  @Allow('metrics:read')
  @ApiOperation({
    summary: 'Tables from which queries are answered faster',
    description:
      'A rollup holds metrics that add up, grouped by days and some dimensions. The engine answers from it exactly where rows would give the same answer, digit for digit; `explain` of a query says which one answered, or why none did.',
  })
  @ApiResponse({ status: 200, type: RollupsDto })
  @ApiResponse({ status: 403, description: '`policy_not_supported_here`: for whoever may see all of the model only.' })
  async list(@CurrentIdentity() identity: Identity): Promise<RollupsDto> {
    // The list names members, also those that a custom role hides.
    return this.rollups.list(organizationWithAllMembers(identity));
  }

  @Put(':name')
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Have a rollup, or change it',
    description:
      'It is built in the background; until it is ready queries are answered as before. The name `default` stands for the one that large organisations have by themselves.',
  })
  @ApiBody({
    type: PutRollupDto,
    examples: {
      devices: { value: { dimensions: ['data_source', 'campaign_id', 'campaign_name', 'device'], grain: 'daily' } },
      any_zone: { value: { dimensions: ['data_source'], grain: 'fifteen_minutes' } },
    },
  })
  @ApiResponse({ status: 200, type: RollupDto })
  @ApiResponse({ status: 400, description: '`invalid_request`: names each field that is wrong.' })
  @ApiResponse({ status: 409, description: '`too_many_rollups`' })
  @ApiResponse({ status: 422, description: '`unknown_dimension`, `not_rolled_up`, `bad_name`' })
  put(
    @CurrentIdentity() identity: Identity,
    @Param('name') name: string,
    @Body() body: PutRollupDto,
  ): Promise<RollupDto> {
    if (!NAME.test(name))
      throw unprocessable('bad_name', 'A name has lower-case letters, digits and _, and begins with a letter.');
    return this.rollups.put(identity, name, body);
  }

  @Post(':name/refresh')
  @HttpCode(202)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Have a rollup filled anew',
    description:
      'All its months count as changed and are answered from rows until each is filled again, in the background. Imports do this for the months that they touch by themselves; this is for whoever wants to be sure.',
  })
  @ApiResponse({ status: 202, type: RollupDto })
  @ApiResponse({ status: 404, description: 'There is none of the name, or it is still being built.' })
  refresh(@CurrentIdentity() identity: Identity, @Param('name') name: string): Promise<RollupDto> {
    if (!NAME.test(name)) throw notFound('There is no rollup of this name.');
    return this.rollups.refresh(identity, name);
  }

  @Delete(':name')
  @HttpCode(204)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Have a rollup no more',
    description: 'Queries are answered from rows again. The default one stays off until it is put.',
  })
  @ApiResponse({ status: 204, description: 'Gone.' })
  @ApiResponse({ status: 404, description: 'There is none of the name.' })
  async remove(@CurrentIdentity() identity: Identity, @Param('name') name: string): Promise<void> {
    if (!NAME.test(name)) throw notFound('There is no rollup of this name.');
    await this.rollups.remove(identity, name);
  }
}
