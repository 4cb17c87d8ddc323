import { Body, Controller, Get, Header, HttpCode, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiOperation, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CurrentIdentity, type Identity } from '../access/identity.js';
import { Allow } from '../access/permissions.js';
import { organizationWithAllMembers } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import { DefinitionImportDto, DefinitionImportQuery } from './definition-import.dto.js';
import { DefinitionImportService } from './definition-import.service.js';
import { YAML_TYPES } from './yaml-body.js';

const EXAMPLE = `version: 1
metrics:
  - metric_key: blended_roas
    display_label: Blended ROAS
    category: calculated
    metric_type: metric
    data_type: float
    formula: revenue / spend
    additivity: non_additive
    alias_keys:
      - mer
deactivated:
  - creative_fatigue_score
`;

@ApiTags('metrics')
@ApiBearerAuth()
@Controller('api/marketing/metrics')
export class DefinitionsController {
  constructor(private readonly definitions: DefinitionImportService) {}

  @Get('export')
  @Header('content-type', `${YAML_TYPES[0]}; charset=utf-8`)
  @Header('content-disposition', 'attachment; filename="definitions.yaml"')
  @Allow('metrics:read')
  @ApiOperation({
    summary: 'The organisation’s own definitions as YAML',
    description:
      'In a stable order, without comments; what it takes over unchanged from the standard library is not in it.',
  })
  @ApiProduces(YAML_TYPES[0])
  @ApiResponse({ status: 200, content: { [YAML_TYPES[0]]: { schema: { type: 'string' }, example: EXAMPLE } } })
  export(@CurrentIdentity() identity: Identity): Promise<string> {
    return this.definitions.export(organizationWithAllMembers(identity));
  }

  @Post('import')
  @HttpCode(200)
  @Allow('metrics:write')
  @ApiOperation({
    summary: 'Take over definitions from YAML',
    description:
      'All of the file in one publication, or nothing; in any order; taking it over again changes nothing. `dry_run=true` answers the same and writes nothing.',
  })
  @ApiConsumes(...YAML_TYPES)
  @ApiBody({ schema: { type: 'string' }, examples: { file: { value: EXAMPLE } } })
  @ApiResponse({ status: 200, type: DefinitionImportDto })
  @ApiResponse({ status: 400, description: '`invalid_file`: the form of the file is wrong; errors[] name lines.' })
  @ApiResponse({ status: 422, description: '`invalid_definition`: an entry can’t be used; errors[] name lines.' })
  import(
    @CurrentIdentity() identity: Identity,
    @Query() { mode, dry_run }: DefinitionImportQuery,
    @Body() body: unknown,
  ): Promise<DefinitionImportDto> {
    if (typeof body !== 'string') {
      throw new Problem(
        415,
        'unsupported_media_type',
        `Send the file itself as the body, with Content-Type: ${YAML_TYPES[0]}.`,
      );
    }
    return this.definitions.import(identity, body, { mode: mode ?? 'merge', dryRun: dry_run === 'true' });
  }
}
