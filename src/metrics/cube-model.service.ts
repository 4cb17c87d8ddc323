import { Injectable } from '@nestjs/common';
import type { DialectName } from '../compiler/dialect/types.js';
import { baseCubes } from './base-cubes.js';
import { LibraryService } from './library.service.js';
import type { CubeModelDto } from './model.dto.js';
import { ModelService } from './model.service.js';
import { leftOut, stockCubeFiles } from './stock-cube.js';
import { columnTypes } from './typed-fields.js';

/** The live model for stock Cube. */
@Injectable()
export class CubeModelService {
  constructor(
    private readonly models: ModelService,
    private readonly libraryService: LibraryService,
  ) {}

  async files(organizationId: string, dialect: DialectName): Promise<CubeModelDto> {
    const { snapshot } = await this.models.live(organizationId);
    return {
      snapshot: snapshot.hash,
      dialect,
      files: stockCubeFiles({
        base: baseCubes(),
        model: snapshot.model,
        dialect,
        typed: columnTypes(this.libraryService.library),
        organizationId,
      }),
      left_out: leftOut(snapshot.model),
    };
  }
}
