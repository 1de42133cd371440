import { MaxCodePoints } from '../../common/http/max-code-points.decorator.js';
import { MAX_PASSWORD } from '../password/password-rules.js';
import { IdentityDto } from './identity.dto.js';

export class LoginDto extends IdentityDto {
  /** @example "correct horse battery staple" */
  @MaxCodePoints(MAX_PASSWORD)
  password!: string;
}
