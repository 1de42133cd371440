import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';

export const IS_PUBLIC = 'isPublic';

/** How the document learns that a route is open; gone before it is served. */
export const PUBLIC_EXTENSION = 'x-public';

/** Opens a route to everyone. Every other route wants a valid session: what is forgotten is closed. */
export const Public = () =>
  applyDecorators(SetMetadata(IS_PUBLIC, true), ApiExtension(PUBLIC_EXTENSION, true));
