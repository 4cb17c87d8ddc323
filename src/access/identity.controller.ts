import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { MeDto } from './identity.dto.js';
import { CurrentIdentity, type Identity } from './identity.js';
import { Allow } from './permissions.js';
import { WhoAmI } from './who-am-i.service.js';

@ApiTags('identity')
@ApiBearerAuth()
@Controller('api/me')
export class IdentityController {
  constructor(private readonly whoAmI: WhoAmI) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({
    summary: 'Who one is',
    description: 'User, organisation, role, teams, what one may do, what narrows it, and what the plan opens.',
  })
  @ApiResponse({ status: 200, type: MeDto })
  me(@CurrentIdentity() identity: Identity): Promise<MeDto> {
    return this.whoAmI.of(identity);
  }
}
