import { Controller, Get } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { CurrentIdentity, ROLES, type Identity } from './identity.js';
import { Organization } from './organization.entity.js';
import { Allow } from './permissions.js';
import { User } from './user.entity.js';

class MeUserDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'ana@example.com' }) email!: string;
  @ApiProperty({ example: 'Ana Analyst' }) display_name!: string;
}
class MeOrganizationDto {
  @ApiProperty({ format: 'uuid' }) id!: string;
  @ApiProperty({ example: 'sample' }) slug!: string;
  @ApiProperty({ example: 'Juniper & Oak' }) name!: string;
  @ApiProperty({ example: 'USD', description: 'ISO 4217 code in which money is labelled.' }) currency!: string;
  @ApiProperty({ example: 'America/New_York', description: 'Zone used where a request names none.' })
  time_zone!: string;
}
class MeDto {
  @ApiProperty({ type: MeUserDto, nullable: true, description: 'Null for a key that belongs to no person.' })
  user!: MeUserDto | null;
  @ApiProperty({ type: MeOrganizationDto }) organization!: MeOrganizationDto;
  @ApiProperty({ enum: ROLES }) role!: string;
}

@ApiTags('identity')
@ApiBearerAuth()
@Controller('api/me')
export class IdentityController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  @Get()
  @Allow('identity:read')
  @ApiOperation({ summary: 'Who one is', description: 'User, organisation and role behind the key.' })
  @ApiResponse({ status: 200, type: MeDto })
  async me(@CurrentIdentity() identity: Identity): Promise<MeDto> {
    const organization = await this.database.manager.findOneByOrFail(Organization, { id: identity.organizationId });
    const user = identity.userId ? await this.database.manager.findOneBy(User, { id: identity.userId }) : null;
    return {
      user: user && { id: user.id, email: user.email, display_name: user.display_name },
      organization: {
        id: organization.id,
        slug: organization.slug,
        name: organization.name,
        currency: organization.currency,
        time_zone: organization.time_zone,
      },
      role: identity.role,
    };
  }
}
